/**
 * Reads what a result backend keeps of a task (`celery.backends.base`).
 *
 * In: the JSON text, or the row of a table. Out: its state and what came of it, as a value and in the form of events;
 * null when it is no such record. Of an extended record (`result_extended`) the arguments are not taken: its sender may
 * have hidden them from monitors.
 */
import { AppError } from '../errors.ts';
import { NotPlain, toPlainPython, toPythonRepr } from '../python/plain-python.ts';
import { toPlain } from './plain-value.ts';
import { readPythonJson, readPythonValues } from './python-json.ts';
import { toPythonText } from './python-text.ts';
import type { PythonValue } from '../python/python-value.ts';
import { PickleFault } from './pickled-value.ts';
import { unpickle } from './unpickle.ts';

export interface TaskResult {
  readonly status: string;
  /** When it ended, epoch seconds; null while it has not. */
  readonly doneAt: number | null;
  /** A repr; of a success only. */
  readonly result: string | null;
  /** A repr; of a failure or retry only. */
  readonly exception: string | null;
  readonly traceback: string | null;
  readonly name: string | null;
  readonly worker: string | null;
  readonly retries: number | null;
  readonly routingKey: string | null;
}

/** The record, and what Celery's own client would give as its result. */
export interface KeptResult extends TaskResult {
  /**
   * Plain, with bigint and `PythonFloat`: what a success returned, or the state's own data (`STARTED`, `PROGRESS`). Of a
   * failure the exception's repr. What JSON has no form for is shown as its repr.
   */
  readonly value: unknown;
  /** Ids of the tasks it called. */
  readonly children: readonly string[];
}

/** A row of `celery_taskmeta`, as far as it is read. */
export interface ResultRow {
  readonly status: string;
  /** A pickle. */
  readonly result: Uint8Array | null;
  /** UTC, as ISO 8601. */
  readonly dateDone: string | null;
  readonly traceback: string | null;
  readonly name: string | null;
  readonly worker: string | null;
  readonly retries: number | null;
  readonly queue: string | null;
}

type Fields = Readonly<Record<string, unknown>>;

export function readTaskResult(text: string): KeptResult | null {
  const fields = readFields(text);
  const status = toText(fields?.['status']);
  if (!fields || status === null) return null;
  return toKept(status, fields, toPlainText(toPythonText(fields['result'])));
}

/** The same of a table's row, whose result is pickled: it is read as text would be, and nothing in it is built. */
export function toTaskResult(row: ResultRow): KeptResult {
  const { status, dateDone, result } = row;
  const { value, repr } = readPickled(result);
  return toKept(status, { ...row, result: value, date_done: dateDone }, repr);
}

/** `repr`: of the result. */
function toKept(status: string, fields: Fields, repr: string): KeptResult {
  const isError = status === 'FAILURE' || status === 'RETRY';
  const exception = isError || status === 'REVOKED' ? readException(fields['result'], repr) : null;
  return {
    status,
    doneAt: readPythonTime(toText(fields['date_done'])),
    result: status === 'SUCCESS' ? repr : null,
    exception: isError ? (exception?.repr ?? null) : null,
    traceback: isError ? toText(fields['traceback']) : null,
    name: toText(fields['name']),
    worker: toText(fields['worker']),
    retries: typeof fields['retries'] === 'number' ? fields['retries'] : null,
    routingKey: toText(fields['queue']),
    value: exception ? exception.shown : fields['result'],
    children: readChildren(fields['children']),
  };
}

/** Beyond this telling 2.0 from 2 would take seconds. */
const longestExact = 1024 * 1024;

function readFields(text: string): Fields | null {
  try {
    return toFields(text.length > longestExact ? readPythonJson(text).value : readPythonValues(text));
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}

/** The value, or its repr when JSON has no form for it; and the repr. */
function readPickled(bytes: Uint8Array | null): { value: unknown; repr: string } {
  if (bytes === null) return { value: null, repr: 'None' };
  let value: PythonValue;
  try {
    value = unpickle(bytes);
  } catch (error) {
    if (!(error instanceof PickleFault)) throw error;
    const shown = `<a pickle that cannot be read: ${error.message}>`;
    return { value: shown, repr: shown };
  }
  const repr = toPythonRepr(value);
  try {
    const plain = toPlainPython(value, { coerce: true });
    return { value: plain, repr: toPlainText(toPythonText(plain)) };
  } catch (error) {
    if (error instanceof NotPlain) return { value: repr, repr: toPlainText(repr.slice(0, mostReprLength)) };
    throw error;
  }
}

/** As long as an event's. */
const mostReprLength = 1024;

/** `[[[id, parent], null], …]`; of a group its members, `[[group, parent], [member, …]]`. */
function readChildren(value: unknown): string[] {
  const found: string[] = [];
  const go = (nodes: unknown, depth: number): void => {
    if (!Array.isArray(nodes) || depth > 5 || found.length > 1000) return;
    for (const node of nodes as unknown[]) {
      if (!Array.isArray(node)) continue;
      const [self, members] = node as unknown[];
      if (Array.isArray(members)) go(members, depth + 1);
      else if (Array.isArray(self) && typeof self[0] === 'string') found.push(self[0]);
    }
  };
  go(value, 0);
  return found;
}

/**
 * `{"exc_type", "exc_message": [args], "exc_module"}` → `ValueError('boom')`. A nested class goes by its own name alone.
 * `shown`: as the exception's class itself would print it. What is no such record is shown as it is.
 */
function readException(value: unknown, repr: string): { repr: string | null; shown: string } {
  const fields = toFields(value);
  const type = toText(fields?.['exc_type']);
  if (!fields || type === null) return { repr: typeof value === 'string' ? value : null, shown: repr };
  const message = fields['exc_message'];
  const args: unknown[] = Array.isArray(message) ? message : [message];
  const name = type.slice(type.lastIndexOf('.') + 1);
  const call = toPlainText(`${name}(${args.map((arg) => toPythonText(arg)).join(', ')})`);
  if (type !== 'NotRegistered') return { repr: call, shown: call };
  // celery.exceptions.NotRegistered has a text of its own.
  return {
    repr: call,
    shown: `Task of kind ${toPythonText(args[0])} never registered, please make sure it's imported.`,
  };
}

const pythonTime = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?$/;

/** ISO 8601 as Python writes it, to the microsecond; without an offset it is UTC, as Celery before 5.3 wrote it. */
function readPythonTime(text: string | null): number | null {
  const match = pythonTime.exec(text ?? '');
  if (!match) return null;
  const [, seconds = '', fraction = '0', zone = 'Z'] = match;
  const at = Date.parse(seconds + zone) / 1000 + Number(fraction);
  return Number.isFinite(at) ? at : null;
}

function toFields(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

function toText(value: unknown): string | null {
  return typeof value === 'string' ? toPlainText(value) : null;
}

function toPlainText(text: string): string {
  return toPlain(text) as string;
}
