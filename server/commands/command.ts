import type { Readable, Writable } from 'node:stream';
import type { Grammar, Operand, OwnFlag, OwnFlags } from '../config/grammar.ts';
import type { Config, OptionName } from '../config/options.ts';
import type { Sources } from '../config/describe-config.ts';
import type { AppError } from '../errors.ts';
import { exitCodeOf } from './exit-codes.ts';

/** Where keys come from, when it is a terminal. */
export type TerminalInput = Readable & { readonly isTTY?: boolean; setRawMode?: (isRaw: boolean) => unknown };

/** Where a command's words go, and what it may know of the place it runs in. */
export interface CommandIo {
  /** What was asked for, and nothing else: it may be piped into another program. */
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };
  /** Read by what asks for keys alone. */
  readonly stdin?: TerminalInput;
  /** Progress, notices and errors. */
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Aborted when a signal asks to stop, or nobody reads `stdout` any more; its reason is an {@link Interrupted}. */
  readonly signal: AbortSignal;
}

/** Why a command was asked to stop. */
export class Interrupted extends Error {
  constructor(readonly by: 'SIGTERM' | 'SIGINT' | 'SIGPIPE') {
    super(`stopped by ${by}`);
  }
}

/** The words of one run, read and checked. */
export interface CommandArgs<Name extends OptionName = OptionName, Own = Readonly<Record<string, unknown>>> {
  /** Those options that the command shares with the server. */
  readonly config: Pick<Config, Name>;
  readonly sources: Sources;
  /** Sentences about what was given; the command says them, or leaves them. */
  readonly notices: readonly string[];
  /** The flags of the command alone. */
  readonly flags: Own;
  readonly operands: readonly string[];
}

/** One command of the program, in the form that the table has them. */
export interface Command {
  readonly name: string;
  readonly grammar: Grammar;
  /** One sentence, without a full stop, for the list. */
  readonly summary: string;
  /** What a shell is told of an error. */
  readonly exitCodeOf: (error: AppError) => number;
  /** @throws {AppError} told to the person with the code that `exitCodeOf` has for it. @returns the exit code. */
  readonly run: (args: CommandArgs, io: CommandIo) => Promise<number>;
}

type FlagValues<Own extends OwnFlags> = {
  readonly [Name in keyof Own]: Own[Name] extends OwnFlag<infer T> ? T : never;
};

interface Definition<Name extends OptionName, Own extends OwnFlags> {
  name: string;
  summary: string;
  /** More than the summary, for its own help. */
  description: string;
  operands?: readonly Operand[];
  /** The options of config/options.ts that it takes, with the same variables, keys and defaults. `conf` comes by itself. */
  options: readonly Name[];
  flags?: Own;
  /** Where its codes are not the usual ones. */
  exitCodeOf?: Command['exitCodeOf'];
  run: (args: CommandArgs<Name, FlagValues<Own>>, io: CommandIo) => Promise<number>;
}

/** Makes a command for the table; `run` gets the values of exactly what is named here, typed. */
export function defineCommand<const Name extends OptionName, const Own extends OwnFlags = Record<never, never>>(
  definition: Definition<Name, Own>,
): Command {
  const {
    name,
    summary,
    description,
    operands = [],
    options,
    flags = {},
    exitCodeOf: toCode = exitCodeOf,
    run,
  } = definition;
  const shared = [...new Set<OptionName>([...options, 'conf'])];
  return {
    name,
    summary,
    exitCodeOf: toCode,
    grammar: { words: `herbarium ${name}`, description, operands, options: shared, own: flags },
    // The loader fills in what the grammar names, which is what the definition is typed by.
    run: (args, io) => run(args as unknown as CommandArgs<Name, FlagValues<Own>>, io),
  };
}

/** A flag of one command alone; as `option` of config/option.ts, which would give it variables and keys too. */
export function flag<T extends NonNullable<unknown>>(
  kind: OwnFlag<T>['kind'],
  about: Pick<OwnFlag<T>, 'help' | 'short' | 'shownDefault'> & { default: NoInfer<T> },
): OwnFlag<T>;
export function flag<T extends NonNullable<unknown>>(
  kind: OwnFlag<T>['kind'],
  about: Pick<OwnFlag<T>, 'help' | 'short' | 'shownDefault'> & { default: null },
): OwnFlag<T | null>;
export function flag<T extends NonNullable<unknown>>(
  kind: OwnFlag<T>['kind'],
  about: Pick<OwnFlag<T>, 'help' | 'short' | 'shownDefault'> & { default: T | null },
): OwnFlag<T | null> {
  return { ...about, kind };
}
