/**
 * THE table of options, a file in options/ for each group. The command line, the variables, the config file, the help and
 * the README all come from it; an option that is not here does not exist. Names and defaults are Flower's, but for
 * persistent (true), db (a folder or a postgres:// URL) and state_save_interval (10000); those with `isNew` are ours.
 */
import { access } from './options/access.ts';
import { broker } from './options/broker.ts';
import { configuration } from './options/configuration.ts';
import { logging } from './options/logging.ts';
import { pages } from './options/pages.ts';
import { storage } from './options/storage.ts';
import { webServer } from './options/web-server.ts';
import { workersAndTasks } from './options/workers-and-tasks.ts';
import type { Option, OptionGroup } from './option.ts';

export const options = {
  ...broker,
  ...storage,
  ...webServer,
  ...access,
  ...workersAndTasks,
  ...pages,
  ...logging,
  ...configuration,
} as const satisfies Record<string, Option<unknown> | Option<never>>;

export type OptionName = keyof typeof options;

/** The value of every option. Times and sizes are in the unit that the option's help names. */
export type Config = {
  readonly [Name in OptionName]: (typeof options)[Name] extends Option<infer T> ? T : never;
};

/** An option of any type, for code that treats all alike. */
export type AnyOption = Option<unknown>;

export const optionNames = Object.keys(options) as OptionName[];

export function findOption(name: OptionName): AnyOption {
  return options[name];
}

/** The options under each heading, in the order of the table. */
export function listByGroup(groups: readonly OptionGroup[]): { group: OptionGroup; names: OptionName[] }[] {
  return groups.map((group) => ({ group, names: optionNames.filter((name) => findOption(name).group === group) }));
}
