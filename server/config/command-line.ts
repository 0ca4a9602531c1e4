/**
 * In: the words after the program's name, or after the command's. Out: the values of flags as raw text and the operands,
 * with what is wrong about the words themselves. It judges no value (the table does, so that all errors come together),
 * prints nothing and ends nothing.
 */
import { Command, Option as Flag } from 'commander';
import { findFlag, listFlags, serverGrammar, suggestFlag, type Grammar, type GrammarFlag } from './grammar.ts';
import { isBooleanWord } from './kinds.ts';
import { toFlag } from './names.ts';
import type { OptionName } from './options.ts';
import { emptyReading, type Problem, type Reading } from './reading.ts';

/** The command with its flags, before anything is known of values. */
export function buildCommand(grammar: Grammar): Command {
  const command = new Command(grammar.words)
    .description(grammar.description)
    .allowUnknownOption()
    .allowExcessArguments()
    .helpOption('-h, --help', 'show this help');
  if (grammar === serverGrammar) command.addOption(new Flag('-V, --version', 'show the version'));
  for (const flag of listFlags(grammar)) command.addOption(toCommanderFlag(flag));
  return command;
}

function toCommanderFlag({ name, about }: GrammarFlag): Flag {
  const letter = about.short === undefined ? '' : `-${about.short}, `;
  // The value is optional to commander only, which would else end at the first flag without one.
  const flag = new Flag(`${letter}${toFlag(name)} [value]`, about.help);
  return 'group' in about ? flag.helpGroup(`${about.group}:`) : flag;
}

export interface CommandLine extends Reading {
  /** Of the command's own flags, as text. */
  readonly own: { name: string; value: string }[];
  readonly operands: readonly string[];
  readonly asksFor: 'help' | 'version' | undefined;
}

/** Reads the words after the program's name. Of a flag that is given twice the last counts. */
export function readCommandLine(argv: readonly string[], grammar: Grammar = serverGrammar): CommandLine {
  const command = buildCommand(grammar);
  const { operands, unknown } = command.parseOptions(normalizeFlags(argv, grammar));
  const reading = { ...emptyReading(), own: [] as CommandLine['own'] };
  for (const parsed of command.options) {
    const flag = findFlag(grammar, parsed.name());
    const value: unknown = command.getOptionValue(parsed.attributeName());
    if (flag !== undefined && value !== undefined) take(reading, flag, value);
  }
  const asksForHelp = unknown.some((word) => word === '-h' || word === '--help');
  const asksForVersion = command.getOptionValue('version') !== undefined;
  reading.problems.push(...listStrangers(operands, unknown, grammar), ...listMissing(operands, grammar));
  return { ...reading, operands, asksFor: asksForHelp ? 'help' : asksForVersion ? 'version' : undefined };
}

function take(reading: Pick<CommandLine, 'given' | 'own' | 'problems'>, flag: GrammarFlag, value: unknown): void {
  const { kind } = flag.about;
  const source = toFlag(flag.name);
  const isMissing = value === true || (value === '' && kind.read('') === undefined);
  if (isMissing) reading.problems.push({ path: source, message: `needs a value: ${kind.accepts}` });
  else if (flag.isOwn) reading.own.push({ name: flag.name, value: value as string });
  else reading.given.push({ name: flag.name as OptionName, value, source });
}

/**
 * Where the first word stands that is neither a flag nor the value of one; -1: nowhere. The command may stand behind
 * flags that it shares with the server, as in `celery --broker=… flower`.
 */
export function findOperand(argv: readonly string[]): number {
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined && word !== '--'; word = rest.shift()) {
    const { flag, inline } = readFlag(word, serverGrammar);
    if (flag !== undefined && inline === undefined) takeValue(flag, rest, serverGrammar);
    if (flag === undefined && !word.startsWith('-')) return argv.length - rest.length - 1;
  }
  return -1;
}

function readFlag(word: string, grammar: Grammar): { flag?: GrammarFlag; inline?: string; written: string } {
  const [, long, inline] = /^--([^=]+)(=[^]*)?$/.exec(word) ?? [];
  const letter = /^-(\w)$/.exec(word)?.[1];
  const written = long ?? letter ?? '';
  return { flag: written === '' ? undefined : findFlag(grammar, written), inline, written };
}

/** Gives every flag one form, `--basic-auth=value`, whether written with `_`, a space, or as `--no-debug`. */
function normalizeFlags(argv: readonly string[], grammar: Grammar): string[] {
  const words: string[] = [];
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') return [...words, word, ...rest];
    const { flag, inline, written } = readFlag(word, grammar);
    const negated = inline === undefined && /^no[-_]/.test(written) ? findFlag(grammar, written.slice(3)) : undefined;
    if (negated?.about.kind.isSwitch) words.push(`${toFlag(negated.name)}=false`);
    else if (flag === undefined) words.push(word);
    else words.push(toFlag(flag.name) + (inline ?? takeValue(flag, rest, grammar)));
  }
  return words;
}

/** The value in the words that follow a flag, as `=value`; taken out of them. */
function takeValue({ about }: GrammarFlag, rest: string[], grammar: Grammar): string {
  const next = rest[0];
  if (about.kind.isSwitch) return next !== undefined && isBooleanWord(next) ? `=${rest.shift()}` : '=true';
  const isFlag =
    next === undefined || (/^--/.test(next) && findFlag(grammar, next.slice(2).replace(/=[^]*/, '')) !== undefined);
  return isFlag ? '' : `=${rest.shift()}`;
}

const celeryFlags: Record<string, string> = {
  '-A': 'Herbarium does not load a Celery app; give the broker with --broker or CELERY_BROKER_URL',
  '--app': 'Herbarium does not load a Celery app; give the broker with --broker or CELERY_BROKER_URL',
  '-l': 'it is called --logging here',
  '--loglevel': 'it is called --logging here',
  '--log-file': 'it is called --log-file-prefix here',
  '--config': 'it is called --conf here',
};

/** Words that mean nothing here. Only names of flags are quoted, never values, for these may be secrets. */
function listStrangers(operands: readonly string[], unknown: readonly string[], grammar: Grammar): Problem[] {
  const problems: Problem[] = [];
  const expected = grammar.operands.at(-1)?.takesMany ? Infinity : grammar.operands.length;
  const words = [...operands, ...unknown];
  words.forEach((word, i) => {
    const before = words[i - 1];
    const isOperand = i < operands.length;
    if (isOperand && i < expected) return;
    if (word === '--help' || word === '-h') return;
    if (!isOperand && word.startsWith('-')) problems.push(toUnknownFlag(word, grammar));
    else if (!(i > operands.length && before?.startsWith('-') && !before.includes('='))) {
      const known = ['celery', 'flower'].includes(word) ? `: leave "${word}" out` : '';
      problems.push({ path: 'command line', message: `has a word too many${known}; flags begin with --` });
    }
  });
  return problems;
}

function listMissing(operands: readonly string[], grammar: Grammar): Problem[] {
  return grammar.operands
    .slice(operands.length)
    .filter(({ isOptional }) => isOptional !== true)
    .map(({ name, help }) => ({ path: name, message: `is missing: ${help}` }));
}

function toUnknownFlag(word: string, grammar: Grammar): Problem {
  const name = /^--[\w-]{1,40}|^-./.exec(word)?.[0] ?? '-';
  const hint = celeryFlags[name.replaceAll('_', '-')];
  const suggestion = suggestFlag(grammar, name.replace(/^--?/, ''));
  const advice = hint ?? (suggestion === undefined ? 'see --help' : `did you mean ${toFlag(suggestion)}?`);
  return { path: name, message: `is not an option; ${advice}` };
}
