/**
 * In: the words after the program's name. Out: the exit code of the command they call; without a command that is the
 * server. What is wrong with the words is told on the standard error output, all of it at once.
 */
import { readBrokerUrls } from '../brokers/broker-url.ts';
import { readTransportOptions } from '../brokers/transport-options.ts';
import { findOperand, readCommandLine } from '../config/command-line.ts';
import { loadConfig, type ConfigInput } from '../config/load-config.ts';
import { suggestAmong } from '../config/names.ts';
import { AppError } from '../errors.ts';
import { toAlternatives } from '../language/query-error.ts';
import { readRedactions } from '../ingest/redact.ts';
import { version } from '../package-root.ts';
import { engineOf } from '../store/open-store.ts';
import { commands, findCommand } from './commands.ts';
import { Interrupted, type Command, type CommandIo } from './command.ts';
import { exitCodes, interruptedBy } from './exit-codes.ts';
import { toCommandHelp, toCommandList } from './help.ts';
import { serve } from './serve.ts';

/** What only the rooms themselves can say of a value. */
const checks: ConfigInput['checks'] = {
  broker: (url) => void readBrokerUrls(url, 'broker'),
  broker_transport_options: (options) => void readTransportOptions(options, 'broker_transport_options'),
  db: (db) => void engineOf(db),
  redact: (rules) => void readRedactions(rules),
};

export async function runCommand(argv: readonly string[], io: CommandIo): Promise<number> {
  const called = readCall(argv);
  if ('help' in called) return showHelp(called.help, io);
  if ('problem' in called) return complain(called.problem, io);
  const { command, rest } = called;
  const { asksFor } = readCommandLine(rest, command.grammar);
  if (asksFor !== undefined) {
    const text = asksFor === 'version' ? `herbarium ${version}\n` : toCommandHelp(command, commands, io.stdout.columns);
    io.stdout.write(text);
    return exitCodes.ok;
  }
  try {
    const { env, cwd } = io;
    const { own, ...loaded } = await loadConfig({ argv: rest, env, cwd, checks, grammar: command.grammar });
    return await command.run({ ...loaded, flags: own }, io);
  } catch (error) {
    if (error instanceof Interrupted) return interruptedBy[error.by];
    if (!(error instanceof AppError)) throw error;
    io.stderr.write(`${error.message}\n${toAdvice(error)}`);
    return command.exitCodeOf(error);
  }
}

/** Of a search that makes no sense: what does, where it does not. */
function toAdvice({ details = [] }: AppError): string {
  const expected = details.flatMap((detail) => detail.expected ?? []);
  return expected.length > 0 ? `Possible there: ${toAlternatives(expected)}\n` : '';
}

type Call = { command: Command; rest: string[] } | { help: string | undefined } | { problem: string };

/** Which command the words call. A word that calls none is for the server's own reader, unless it stands first. */
function readCall(argv: readonly string[]): Call {
  const at = findOperand(argv);
  const word = argv[at];
  if (word === undefined) return { command: serve, rest: [...argv] };
  const rest = argv.toSpliced(at, 1);
  if (word === 'help') return { help: rest.find((other) => !other.startsWith('-')) };
  const command = findCommand(word);
  if (command !== undefined) return { command, rest };
  if (at > 0 || ['celery', 'flower'].includes(word)) return { command: serve, rest: [...argv] };
  return { problem: toUnknown(word) };
}

function showHelp(name: string | undefined, io: CommandIo): number {
  const command = name === undefined ? undefined : findCommand(name);
  if (name !== undefined && command === undefined) return complain(toUnknown(name), io);
  io.stdout.write(command ? toCommandHelp(command, commands, io.stdout.columns) : toCommandList(commands));
  return exitCodes.ok;
}

/** A word that does not look like one of ours may be a secret in the wrong place, and is not repeated. */
function toUnknown(word: string): string {
  const names = commands.map(({ name }) => name);
  if (!/^[a-z][a-z-]{0,30}$/i.test(word)) return `The first word is no command; there are ${names.join(', ')}.`;
  const nearest = suggestAmong([...names, 'help'], word.toLowerCase());
  const advice = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
  return `There is no command ${word}; there are ${names.join(', ')}.${advice}`;
}

function complain(problem: string, io: CommandIo): number {
  io.stderr.write(`${problem}\nSee herbarium help.\n`);
  return exitCodes.badUsage;
}
