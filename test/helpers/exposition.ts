/** Reads Prometheus' text format, version 0.0.4, and what `promtool check metrics` would say of it. */

export interface MetricFamily {
  name: string;
  type: string;
  help: string;
  /** By `name{label="value",…}`, labels in their order. */
  samples: Map<string, number>;
}

const namePattern = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const sample = /^([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)$/;

/** @throws {Error} for a line that is none of the format's, a sample that comes twice or outside its family */
export function readExposition(text: string): Map<string, MetricFamily> {
  if (!text.endsWith('\n')) throw new Error('The last line does not end');
  const families = new Map<string, MetricFamily>();
  let family: MetricFamily | undefined;
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (kind === 'HELP') {
      if (!namePattern.test(name) || families.has(name)) throw new Error(`Not again, or no name: ${line}`);
      families.set(name, (family = { name, help: rest, type: '', samples: new Map() }));
    } else if (kind === 'TYPE') {
      if (family?.name !== name || family.type !== '') throw new Error(`A type without its help: ${line}`);
      family.type = rest;
    } else addSample(family, line);
  }
  return families;
}

function addSample(family: MetricFamily | undefined, line: string): void {
  const [, name = '', labels, value = ''] = sample.exec(line) ?? [];
  const suffix = family && name.startsWith(family.name) ? name.slice(family.name.length) : null;
  const isPart = suffix === '' || (family?.type === 'histogram' && /^_(bucket|sum|count)$/.test(suffix ?? ''));
  const number = value === '+Inf' ? Infinity : Number(value);
  if (!family || !isPart || Number.isNaN(number)) throw new Error(`Not of this family, or no sample: ${line}`);
  const key = labels === undefined ? name : `${name}{${labels}}`;
  if (family.samples.has(key)) throw new Error(`Twice: ${line}`);
  family.samples.set(key, number);
}

/** The rules of `promtool check metrics` that have to do with names, helps and types. */
export function lint(families: Iterable<MetricFamily>): string[] {
  return [...families].flatMap(({ name, type, help }) => {
    const rules: [wrong: boolean, what: string][] = [
      [help === '', 'has no help text'],
      [type === 'counter' && !name.endsWith('_total'), 'is a counter, and should end in _total'],
      [type !== 'counter' && name.endsWith('_total'), 'is no counter, and should not end in _total'],
      [type !== 'histogram' && /_(count|sum|bucket)$/.test(name), 'is no histogram, and is named as a part of one'],
      [/[A-Z]/.test(name), 'should be in snake_case'],
      [/_(gauge|counter|histogram|metric)(_|$)/.test(name), 'should not have its type in its name'],
      [/_(milliseconds|ms|minutes|hours|days|kilobytes|mb|percent)(_|$)/.test(name), 'should be in base units'],
    ];
    return rules.filter(([wrong]) => wrong).map(([, what]) => `${name} ${what}`);
  });
}
