import { findOption, optionNames, type OptionName } from './options.ts';

/** `--basic-auth`; `--basic_auth` is taken as well. */
export function toFlag(name: string): string {
  return `--${name.replaceAll('_', '-')}`;
}

/** The variables an option is read from, the one that counts most first. */
export function toVariables(name: OptionName): string[] {
  const { isNew, env = [] } = findOption(name);
  return [`HERBARIUM_${name.toUpperCase()}`, ...(isNew ? [] : [`FLOWER_${name.toUpperCase()}`]), ...env];
}

/** The option of a name as written in a config file or after `--`, with `-` or `_`. */
export function findName(written: string): OptionName | undefined {
  const name = written.replaceAll('-', '_');
  return optionNames.find((known) => known === name);
}

/** The option of a config file's key, which may also be a name that Celery has for it. */
export function findNameOfKey(key: string): OptionName | undefined {
  return findName(key) ?? optionNames.find((name) => findOption(name).fileKeys?.includes(key));
}

/** The option whose name is most like `written`, when one is like it at all. */
export function suggestName(written: string): OptionName | undefined {
  return suggestAmong(optionNames, written.toLowerCase().replaceAll('-', '_'));
}

/** The name that is most like `wanted`, when one is like it at all. */
export function suggestAmong<Name extends string>(names: readonly Name[], wanted: string): Name | undefined {
  const [nearest] = names
    .map((name) => ({ name, distance: toDistance(wanted, name) }))
    .filter(({ name, distance }) => distance <= Math.max(name.length < 4 ? 1 : 2, Math.floor(name.length / 3)))
    .sort((a, b) => a.distance - b.distance);
  return nearest?.name;
}

/** Levenshtein's: how many letters must be put in, left out or changed. */
function toDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...a].entries()) {
    const row = [i + 1];
    for (let j = 1; j <= b.length; j++) {
      const change = (previous[j - 1] ?? 0) + (letter === b[j - 1] ? 0 : 1);
      row.push(Math.min(change, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
