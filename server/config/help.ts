import type { Option as Flag } from 'commander';
import { buildCommand } from './command-line.ts';
import { findName, toVariables } from './names.ts';
import { findOption, type OptionName } from './options.ts';

/** The text of `--help`, from the table: every option under its heading, with its default and its variables. */
export function toHelpText(width = 100): string {
  const command = buildCommand();
  const help = command.createHelp();
  help.helpWidth = width;
  help.optionTerm = toTerm;
  help.optionDescription = toDescription;
  return help.formatHelp(command, help) + notes;
}

const notes = `
A flag counts more than a variable, a variable more than the config file. --basic_auth and --basic-auth are the same.
Every option has a variable HERBARIUM_NAME too, which counts more than the one shown.
`;

function toTerm(flag: Flag): string {
  const name = findName(flag.name());
  if (name === undefined) return flag.flags;
  const { kind, default: value } = findOption(name);
  const term = flag.flags.replace(' [value]', kind.isSwitch ? '' : ` <${kind.placeholder}>`);
  return kind.isSwitch && value === true ? term.replace('--', '--[no-]') : term;
}

function toDescription(flag: Flag): string {
  const name = findName(flag.name());
  if (name === undefined) return flag.description;
  const pending = findOption(name).pending === undefined ? '' : ' Not yet in effect.';
  return `${flag.description}.${pending} (default: ${toDefaultText(name)}; env: ${toShownVariables(name).join(', ')})`;
}

/** Flower's variables where there are such; Herbarium's own are named alike and said once. */
function toShownVariables(name: OptionName): string[] {
  const [own, ...others] = toVariables(name);
  return others.length > 0 ? others : [own ?? ''];
}

/** The default of an option as a person reads it. */
export function toDefaultText(name: OptionName): string {
  const { default: value, shownDefault } = findOption(name);
  if (shownDefault !== undefined) return shownDefault;
  return value === null ? 'none' : Array.isArray(value) ? value.join(',') : JSON.stringify(value).replace(/^"|"$/g, '');
}
