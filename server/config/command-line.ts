/**
 * In: the words after the program's name. Out: the values of flags as raw text, with what is wrong about the words
 * themselves. It judges no value (the table does, so that all errors come together), prints nothing and ends nothing.
 */
import { Command, Option as Flag } from 'commander';
import { isBooleanWord } from './kinds.ts';
import { findName, suggestName, toFlag } from './names.ts';
import { findOption, optionNames, type OptionName } from './options.ts';
import { emptyReading, type Problem, type Reading } from './reading.ts';

/** The command and its flags, before anything is known of values. Subcommands are to be added here. */
export function buildCommand(): Command {
  const command = new Command('herbarium')
    .description('A drop-in Flower with a memory: a monitor for Celery clusters that keeps every event it saw.')
    .allowUnknownOption()
    .allowExcessArguments()
    .helpOption('-h, --help', 'show this help')
    .addOption(new Flag('-V, --version', 'show the version'));
  for (const name of optionNames) command.addOption(toCommanderFlag(name));
  return command;
}

function toCommanderFlag(name: OptionName): Flag {
  const { short, help, group } = findOption(name);
  const long = toFlag(name);
  // The value is optional to commander only, which would else end at the first flag without one.
  return new Flag(`${short === undefined ? '' : `-${short}, `}${long} [value]`, help).helpGroup(`${group}:`);
}

export interface CommandLine extends Reading {
  readonly asksFor: 'help' | 'version' | undefined;
}

/** Reads the words after the program's name. Of a flag that is given twice the last counts. */
export function readCommandLine(argv: readonly string[]): CommandLine {
  const command = buildCommand();
  const { operands, unknown } = command.parseOptions(normalizeFlags(argv));
  const reading = emptyReading();
  for (const flag of command.options) {
    const name = findName(flag.name());
    const value: unknown = command.getOptionValue(flag.attributeName());
    if (name === undefined || value === undefined) continue;
    const source = toFlag(name);
    if (value === true || value === '') {
      if (value === '' && findOption(name).kind.read('') !== undefined) reading.given.push({ name, value, source });
      else reading.problems.push({ path: source, message: `needs a value: ${findOption(name).kind.accepts}` });
    } else reading.given.push({ name, value, source });
  }
  const asksForHelp = unknown.some((word) => word === '-h' || word === '--help');
  const asksForVersion = command.getOptionValue('version') !== undefined;
  reading.problems.push(...listStrangers(operands, unknown));
  return { ...reading, asksFor: asksForHelp ? 'help' : asksForVersion ? 'version' : undefined };
}

/** Gives every flag of the table one form, `--basic-auth=value`, whether written with `_`, a space, or as `--no-debug`. */
function normalizeFlags(argv: readonly string[]): string[] {
  const words: string[] = [];
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [, written = '', inline] = /^--([^=]+)(=[^]*)?$/.exec(word) ?? [];
    const name = word === '-b' ? 'broker' : findName(written);
    const negated = inline === undefined && /^no[-_]/.test(written) ? findName(written.slice(3)) : undefined;
    if (negated !== undefined && findOption(negated).kind.isSwitch) words.push(`${toFlag(negated)}=false`);
    else if (name === undefined) words.push(word);
    else if (inline !== undefined) words.push(toFlag(name) + inline);
    else words.push(toFlag(name) + takeValue(name, rest));
  }
  return words;
}

/** The value in the words that follow a flag, as `=value`; taken out of them. */
function takeValue(name: OptionName, rest: string[]): string {
  const next = rest[0];
  if (findOption(name).kind.isSwitch) return next !== undefined && isBooleanWord(next) ? `=${rest.shift()}` : '=true';
  const isFlag = next === undefined || (/^--/.test(next) && findName(next.slice(2).replace(/=[^]*/, '')) !== undefined);
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
function listStrangers(operands: readonly string[], unknown: readonly string[]): Problem[] {
  const problems: Problem[] = [];
  const words = [...operands, ...unknown];
  words.forEach((word, i) => {
    const before = words[i - 1];
    const isFlag = word.startsWith('-');
    if (word === '--help' || word === '-h') return;
    if (isFlag) problems.push(toUnknownFlag(word));
    else if (!(i > operands.length && before?.startsWith('-') && !before.includes('='))) {
      const known = ['celery', 'flower'].includes(word) ? `: leave "${word}" out` : '';
      problems.push({ path: 'command line', message: `has a word too many${known}; flags begin with --` });
    }
  });
  return problems;
}

function toUnknownFlag(word: string): Problem {
  const name = /^--[\w-]{1,40}|^-./.exec(word)?.[0] ?? '-';
  const hint = celeryFlags[name.replaceAll('_', '-')];
  const suggestion = suggestName(name.replace(/^--?/, ''));
  const advice = hint ?? (suggestion === undefined ? 'see --help' : `did you mean ${toFlag(suggestion)}?`);
  return { path: name, message: `is not an option; ${advice}` };
}
