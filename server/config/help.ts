import type { Option as Flag } from 'commander';
import { buildCommand } from './command-line.ts';
import { findFlag, serverGrammar, type Grammar, type Operand } from './grammar.ts';
import { toVariables } from './names.ts';
import { findOption, type AnyOption, type OptionName } from './options.ts';

/** The text of `--help`, from the table: every option under its heading, with its default and its variables. */
export function toHelpText(width = 100, grammar: Grammar = serverGrammar): string {
  const command = buildCommand(grammar).usage(['[options]', ...grammar.operands.map(toShownOperand)].join(' '));
  for (const operand of grammar.operands) command.argument(toShownOperand(operand), `${operand.help}.`);
  const help = command.createHelp();
  help.helpWidth = width;
  help.optionTerm = (flag) => toTerm(flag, grammar);
  help.optionDescription = (flag) => toDescription(flag, grammar);
  help.argumentTerm = (argument) => argument.name();
  return help.formatHelp(command, help) + notes;
}

const notes = `
A flag counts more than a variable, a variable more than the config file. --basic_auth and --basic-auth are the same.
Every option that has a variable has HERBARIUM_NAME too, which counts more than the one shown.
`;

/** `FILE`, `[FILE]`, `WORD…`, as in the line of the usage. */
export function toShownOperand({ name, isOptional, takesMany }: Operand): string {
  const many = takesMany ? `${name}...` : name;
  return isOptional ? `[${many}]` : `<${many}>`;
}

function toTerm(flag: Flag, grammar: Grammar): string {
  const about = findFlag(grammar, flag.name())?.about;
  if (about === undefined) return flag.flags;
  const term = flag.flags.replace(' [value]', about.kind.isSwitch ? '' : ` <${about.kind.placeholder}>`);
  return about.kind.isSwitch && about.default === true ? term.replace('--', '--[no-]') : term;
}

function toDescription(flag: Flag, grammar: Grammar): string {
  const found = findFlag(grammar, flag.name());
  if (found === undefined) return flag.description;
  const { about, name, isOwn } = found;
  const pending = about.isPending ? ' Not yet in effect.' : '';
  const facts = isOwn && about.kind.isSwitch && about.default === false ? [] : [`default: ${toDefault(about)}`];
  if (!isOwn) facts.push(`env: ${toShownVariables(name as OptionName).join(', ')}`);
  return `${flag.description}.${pending}${facts.length > 0 ? ` (${facts.join('; ')})` : ''}`;
}

/** Flower's variables where there are such; Herbarium's own are named alike and said once. */
function toShownVariables(name: OptionName): string[] {
  const [own, ...others] = toVariables(name);
  return others.length > 0 ? others : [own ?? ''];
}

/** The default of an option as a person reads it. */
export function toDefaultText(name: OptionName): string {
  return toDefault(findOption(name));
}

function toDefault({ default: value, shownDefault }: Pick<AnyOption, 'default' | 'shownDefault'>): string {
  if (shownDefault !== undefined) return shownDefault;
  return value === null ? 'none' : Array.isArray(value) ? value.join(',') : JSON.stringify(value).replace(/^"|"$/g, '');
}
