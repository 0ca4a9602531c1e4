/**
 * In: a level, and where to write. Out: the one log of the program: a line for each message, which a person can read,
 * on the standard error output, in a file that is put aside when it has grown, or both. Rooms take it as a {@link Log}.
 * It never writes the login in a URL, nor what a key named like a secret holds.
 */
import type { Writable } from 'node:stream';
import { styleText } from 'node:util';
import { pino, type Level } from 'pino';
import { isSecretName, maskText } from './config/mask.ts';
import type { Config } from './config/options.ts';
import { openLogFile, type LogFileOptions } from './log-file.ts';

type Write = (message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** What rooms write to. `fields` say more of the same event; an Error among them is shown by its message. */
export interface Log {
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
}

export interface OpenLog extends Log {
  /** Closes the file. What is logged later opens it again. */
  close(): void;
}

export interface LogOptions {
  /** The least level that is written. */
  readonly level: Level | 'silent';
  readonly toStderr: boolean;
  readonly file: LogFileOptions | null;
}

const levels = {
  debug: 'debug',
  info: 'info',
  warning: 'warn',
  error: 'error',
  critical: 'fatal',
  none: 'silent',
} as const;

/** The log that the options ask for. As in Flower, `debug` gives way to a `logging` other than its default. */
export function toLogOptions(config: Config): LogOptions {
  const { debug, logging, log_to_stderr, log_file_prefix: path, log_file_max_size: maxBytes } = config;
  return {
    level: levels[debug && logging === 'info' ? 'debug' : logging],
    toStderr: log_to_stderr ?? path === null,
    file: path === null ? null : { path, maxBytes, backups: config.log_file_num_backups },
  };
}

/** Opens the log. `stderr` is where `toStderr` goes. */
export function openLog(
  { level, toStderr, file }: LogOptions,
  stderr: Writable & { isTTY?: boolean } = process.stderr,
): OpenLog {
  const logFile =
    file === null
      ? undefined
      : openLogFile(file, (reason) => stderr.write(`The log file cannot be written: ${reason}\n`));
  const streams = [
    ...(toStderr ? [toReadable(stderr, stderr.isTTY === true)] : []),
    ...(logFile === undefined ? [] : [toReadable(logFile, false)]),
  ].map((stream) => ({ level: 'trace' as const, stream }));
  const logger = pino({ level, base: null, nestedKey: 'fields' }, pino.multistream(streams));
  const at =
    (name: 'debug' | 'info' | 'warn' | 'error'): Write =>
    (message, fields = {}) => {
      if (!logger.isLevelEnabled(name)) return;
      // What is logged as an error is a bug most of the time: its stack is what helps.
      const { error } = fields;
      const stack =
        name === 'error' && error instanceof Error && error.stack !== undefined ? { stack: error.stack } : {};
      logger[name](toSafeFields({ ...fields, ...stack }), toSafeText(message));
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    close: () => logFile?.close(),
  };
}

/** What pino hands over for each message. */
interface Entry {
  /** Epoch milliseconds. */
  readonly time: number;
  readonly level: number;
  readonly msg: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

const colors = { debug: 'blue', info: 'green', warn: 'yellow', error: 'red' } as const;

/** Turns pino's lines of JSON into lines for people: `2026-11-01 02:00:00.123 WARN  the broker is away broker=redis`. */
function toReadable(stream: { write(text: string): unknown }, isColored: boolean): { write(line: string): void } {
  return {
    write(line) {
      const { time, level, msg, fields = {} } = JSON.parse(line) as Entry;
      const name = level >= 50 ? 'error' : level >= 40 ? 'warn' : level >= 30 ? 'info' : 'debug';
      const label = name.toUpperCase().padEnd(5);
      const said = Object.entries(fields).map(([key, value]) => ` ${key}=${toFieldText(value)}`);
      stream.write(
        `${toLocalTime(time)} ${isColored ? styleText(colors[name], label) : label} ${msg}${said.join('')}\n`,
      );
    },
  };
}

/** Bare when it is one word, else as JSON. */
function toFieldText(value: unknown): string {
  return typeof value === 'string' && /^[^\s"=\p{C}]+$/u.test(value) ? value : JSON.stringify(value);
}

/** The server's own time, as Flower's log has it. */
function toLocalTime(epochMs: number): string {
  const offsetMs = new Date(epochMs).getTimezoneOffset() * 60_000;
  return new Date(epochMs - offsetMs).toISOString().slice(0, -1).replace('T', ' ');
}

/** One line, whatever a worker on the wire put into its name. */
function toSafeText(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return maskText(text).replace(/[\u0000-\u001f\u007f]/g, (control) => JSON.stringify(control).slice(1, -1));
}

function toSafeFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const shown = Object.entries(fields).map(([name, value]) => [name, isSecretName(name) ? '***' : toSafeValue(value)]);
  return Object.fromEntries(shown) as Record<string, unknown>;
}

function toSafeValue(value: unknown): unknown {
  if (value instanceof Error) return maskText(value.message);
  if (typeof value === 'string') return maskText(value);
  if (Array.isArray(value)) return value.map(toSafeValue);
  return typeof value === 'object' && value !== null ? toSafeFields(value as Record<string, unknown>) : value;
}
