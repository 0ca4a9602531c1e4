import { toHelpText, toShownOperand } from '../config/help.ts';
import { exitCodeMeanings, exitCodes } from './exit-codes.ts';
import type { Command } from './command.ts';

/** The words a command is called with: `herbarium backup <FILE>`. */
export function toUsage({ name, grammar }: Command): string {
  return ['herbarium', name, ...grammar.operands.map(toShownOperand)].join(' ');
}

/** The text of `herbarium help`. */
export function toCommandList(commands: readonly Command[]): string {
  const usages = commands.map((command) => toUsage(command));
  const width = Math.max(...usages.map((usage) => usage.length));
  const rows = commands.map(({ summary }, i) => `  ${usages[i]!.padEnd(width)}  ${summary}.`);
  return [
    'Usage: herbarium [options]             watches a cluster and serves pages and the API',
    '       herbarium <command> [options]',
    '',
    'Commands:',
    ...rows,
    '',
    'herbarium --help lists the options of the server, herbarium <command> --help those of a command.',
    '',
  ].join('\n');
}

/** The text of `--help`: of the server with the list of commands behind it. */
export function toCommandHelp(command: Command, commands: readonly Command[], width?: number): string {
  const help = toHelpText(width, command.grammar);
  if (command.name !== 'serve') return help;
  const others = commands.filter(({ name }) => name !== 'serve').map(({ name }) => name);
  return `${help}\nOther commands: ${others.join(', ')}; see herbarium help.\n`;
}

/** The README's list of commands and exit codes, in Markdown. */
export function toCommandsTable(commands: readonly Command[]): string {
  const rows = commands.map((command) => `| \`${toUsage(command)}\` | ${command.summary} |`);
  const codes = Object.entries(exitCodes).map(
    ([name, code]) => `| ${code} | ${exitCodeMeanings[name as keyof typeof exitCodes]} |`,
  );
  return [
    '| command | what it does |\n| --- | --- |',
    ...rows,
    '\n| exit code | meaning |\n| --- | --- |',
    ...codes,
    '| 128 + n | signal n ended it |',
  ].join('\n');
}
