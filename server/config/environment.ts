/** In: variables. Out: the options set by them, as raw text, with what is wrong or odd about their names. */
import { suggestName, toVariables } from './names.ts';
import { findOption, optionNames } from './options.ts';
import { emptyReading, type Reading } from './reading.ts';

/** Variables of the project's scripts and tests, which a server they start inherits. */
const notOptions = ['HERBARIUM_SERVICES', 'HERBARIUM_PYTHON', 'HERBARIUM_CHROMIUM'];

/** Kubernetes gives every pod such variables of every service; one called flower makes FLOWER_PORT=tcp://10.0.0.1:80. */
function isServiceLink(name: string, value: string): boolean {
  return (
    /^(FLOWER|HERBARIUM)_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/.test(
      name,
    ) ||
    (/_PORT$/.test(name) && /^(tcp|udp|sctp):\/\//.test(value))
  );
}

/** Reads HERBARIUM_X before FLOWER_X before Celery's own. An empty variable is as good as none, but where access is at stake. */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Reading {
  const reading = emptyReading();
  const known = new Set(optionNames.flatMap(toVariables));
  for (const name of optionNames) {
    for (const variable of toVariables(name)) {
      const value = env[variable];
      if (value === undefined || isServiceLink(variable, value)) continue;
      if (value !== '') reading.given.push({ name, value, source: variable });
      else if (findOption(name).group === 'Access')
        reading.problems.push({ path: variable, message: 'is empty; unset it, or give it a value' });
    }
  }
  for (const [variable, value = ''] of Object.entries(env)) {
    const prefix = /^(HERBARIUM|FLOWER)_/.exec(variable)?.[0];
    if (prefix === undefined || known.has(variable) || notOptions.includes(variable) || isServiceLink(variable, value))
      continue;
    const message = `is not an option${toAdvice(variable.slice(prefix.length))}`;
    // Flower ignores what it does not know; a variable of ours can only be a slip.
    if (prefix === 'FLOWER_') reading.notices.push(`${variable} ${message}, and is ignored`);
    else reading.problems.push({ path: variable, message });
  }
  return reading;
}

function toAdvice(written: string): string {
  const suggestion = suggestName(written);
  return suggestion === undefined ? '' : `; did you mean ${toVariables(suggestion).slice(0, 2).join(' or ')}?`;
}
