/**
 * In: the words of the command line, the variables, a config file. Out: the value of every option, checked, or one
 * error that names all that is wrong, each with where it stands. It prints nothing, and no text it makes has a secret.
 */
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { AppError } from '../errors.ts';
import { readCommandLine } from './command-line.ts';
import { filesOnDisk, readConfigFile, type ConfigFiles } from './config-file.ts';
import type { Sources } from './describe-config.ts';
import { readEnvironment } from './environment.ts';
import { maskText } from './mask.ts';
import { serverGrammar, type Grammar, type OwnFlags } from './grammar.ts';
import { toFlag } from './names.ts';
import { findOption, optionNames, type AnyOption, type Config, type OptionName } from './options.ts';
import type { Given, Problem } from './reading.ts';
import { listContradictions, listFutileOptions } from './rules.ts';

export interface ConfigInput {
  /** Without the program's name, and the command's. */
  argv: readonly string[];
  /** What they may hold; the server's unless given. Of options that are not in it nothing is read, and all are at their defaults. */
  grammar?: Grammar;
  env: Readonly<Record<string, string | undefined>>;
  /** Where relative paths begin. */
  cwd: string;
  files?: ConfigFiles;
  /** Further checks of values that were given; each throws an Error whose message names what is wrong and no secret. */
  checks?: { readonly [Name in OptionName]?: (value: NonNullable<Config[Name]>) => void };
}

export interface LoadedConfig {
  readonly config: Config;
  /** Of the options that were given. */
  readonly sources: Sources;
  /** Sentences that a person should see at the start: options without effect, variables that mean nothing. */
  readonly notices: string[];
  /** The flags that the command does not share with the server. */
  readonly own: Readonly<Record<string, unknown>>;
  readonly operands: readonly string[];
}

/**
 * A flag counts more than a variable (HERBARIUM_X, then FLOWER_X, then Celery's), a variable more than the config file.
 * @throws {AppError} `bad_config`, with one detail for each thing that is wrong; its message holds them all.
 */
export async function loadConfig(input: ConfigInput): Promise<LoadedConfig> {
  const { argv, env, cwd, files = filesOnDisk, checks = {}, grammar = serverGrammar } = input;
  const line = readCommandLine(argv, grammar);
  const outer = [line, readEnvironment(env)];
  const conf = outer.flatMap(({ given }) => given).find(({ name }) => name === 'conf');
  const readings = [...outer, await readConfigFile(conf, cwd, files)];

  const problems = readings.flatMap((reading) => reading.problems);
  const notices = readings.flatMap((reading) => reading.notices);
  const values = new Map<OptionName, unknown>();
  const sources: Sources = {};
  for (const given of readings.flatMap((reading) => reading.given)) {
    if (!grammar.options.includes(given.name)) continue;
    const result = readValue(given, checks);
    if ('problem' in result) problems.push(result.problem);
    if (sources[given.name] !== undefined) continue;
    sources[given.name] = given.source;
    if ('value' in result) values.set(given.name, result.value);
  }

  const config = fillIn(values, cwd, env['HOME'] ?? homedir());
  const own = readOwn(line.own, grammar.own, problems);
  problems.push(...listContradictions(config, sources), ...listRefusals(sources));
  if (problems.length > 0) throw toError(problems);
  notices.push(...listFutileOptions(config, sources));
  return { config, sources, notices, own, operands: line.operands };
}

function readOwn(
  given: readonly { name: string; value: string }[],
  flags: OwnFlags,
  problems: Problem[],
): Record<string, unknown> {
  const values = Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, flag.default]));
  for (const { name, value } of given) {
    const result = judge(name, flags[name]!, value, toFlag(name));
    if ('problem' in result) problems.push(result.problem);
    else values[name] = result.value;
  }
  return values;
}

/** Every value that was given is read, also one that another overrides: it is wrong wherever it stands. */
function readValue({ name, value, source }: Given, checks: ConfigInput['checks']): Judged {
  const judged = judge(name, findOption(name), value, source);
  if ('problem' in judged) return judged;
  try {
    (checks?.[name] as ((value: unknown) => void) | undefined)?.(judged.value);
    return judged;
  } catch (error) {
    return { problem: { path: source, message: (error as Error).message } };
  }
}

type Judged = { value: unknown } | { problem: Problem };

function judge(
  name: string,
  { kind, secret }: Pick<AnyOption, 'kind' | 'secret'>,
  value: unknown,
  source: string,
): Judged {
  const read = kind.read(value);
  if (read !== undefined) return { value: read };
  const shown = secret === undefined && name !== 'format_task' ? `, not ${quote(value)}` : '';
  return { problem: { path: source, message: `${name} accepts ${kind.accepts}${shown}` } };
}

/** A bad value, short and on one line, and without the login of a URL. */
function quote(value: unknown): string {
  const text = maskText(JSON.stringify(value) ?? typeof value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function fillIn(values: ReadonlyMap<OptionName, unknown>, cwd: string, home: string): Config {
  const entries = optionNames.map((name) => {
    const { kind, default: byDefault } = findOption(name);
    const value = values.has(name) ? values.get(name) : byDefault;
    const isFile = kind.isPath === true && typeof value === 'string' && !value.includes('://');
    return [
      name,
      isFile
        ? resolve(
            cwd,
            value.replace(/^~(?=\/|$)/, () => home),
          )
        : value,
    ];
  });
  return Object.fromEntries(entries) as Config;
}

/** To serve openly what was to be protected would be worse than not to start. */
function listRefusals(sources: Sources): Problem[] {
  return optionNames.flatMap((name) => {
    const source = sources[name];
    if (source === undefined || !findOption(name).isPending) return [];
    const why = 'and Herbarium does not start unprotected instead; use basic_auth or a reverse proxy';
    return [{ path: source, message: `${name} does not work yet, ${why}` }];
  });
}

function toError(problems: readonly Problem[]): AppError {
  const unique = [...new Map(problems.map((problem) => [`${problem.path}: ${problem.message}`, problem])).entries()];
  const title =
    unique.length === 1 ? 'One thing is wrong with the options' : `${unique.length} things are wrong with the options`;
  const message = [`${title}:`, ...unique.map(([line]) => `  ${line}`)].join('\n');
  return new AppError(
    'bad_config',
    message,
    unique.map(([, problem]) => ({ ...problem })),
  );
}
