import { maskValue } from './mask.ts';
import { findOption, optionNames, type Config, type OptionName } from './options.ts';

/** Where the value of an option came from: `--port`, `FLOWER_PORT`, `flowerconfig.py line 3`; absent for defaults. */
export type Sources = Partial<Record<OptionName, string>>;

/** One line for each option, `port = 5555 (FLOWER_PORT)`, fit for a log or a page: no secret is in it. */
export function describeConfig(config: Config, sources: Sources = {}): string[] {
  return optionNames.map((name) => `${name} = ${describeValue(name, config[name])} (${sources[name] ?? 'default'})`);
}

function describeValue(name: OptionName, value: unknown): string {
  const isEmpty = value === null || value === '' || (Array.isArray(value) && value.length === 0);
  const { secret, shownDefault } = findOption(name);
  return isEmpty ? (shownDefault ?? 'none') : maskValue(value, secret);
}
