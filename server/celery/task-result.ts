/**
 * Reads what a result backend keeps of a task (`celery.backends.base`).
 *
 * In: the JSON text. Out: its state and, in the form of events, what came of it; null when it is no such record. Of an
 * extended record (`result_extended`) the arguments are not taken: its sender may have hidden them from monitors.
 */
import { AppError } from '../errors.ts';
import { toPlain } from './plain-value.ts';
import { readPythonJson } from './python-json.ts';
import { toPythonText } from './python-text.ts';

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

type Fields = Readonly<Record<string, unknown>>;

export function readTaskResult(text: string): TaskResult | null {
  const fields = readFields(text);
  const status = toText(fields?.['status']);
  if (!fields || status === null) return null;
  const isError = status === 'FAILURE' || status === 'RETRY';
  return {
    status,
    doneAt: readPythonTime(toText(fields['date_done'])),
    result: status === 'SUCCESS' ? toPlainText(toPythonText(fields['result'])) : null,
    exception: isError ? readException(fields['result']) : null,
    traceback: isError ? toText(fields['traceback']) : null,
    name: toText(fields['name']),
    worker: toText(fields['worker']),
    retries: typeof fields['retries'] === 'number' ? fields['retries'] : null,
    routingKey: toText(fields['queue']),
  };
}

function readFields(text: string): Fields | null {
  try {
    return toFields(readPythonJson(text).value);
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}

/** `{"exc_type", "exc_message": [args], "exc_module"}` → `ValueError('boom')`. A nested class goes by its own name alone. */
function readException(value: unknown): string | null {
  const fields = toFields(value);
  const type = toText(fields?.['exc_type']);
  if (!fields || type === null) return null;
  const message = fields['exc_message'];
  const args: unknown[] = Array.isArray(message) ? message : [message];
  return toPlainText(`${type.slice(type.lastIndexOf('.') + 1)}(${args.map((arg) => toPythonText(arg)).join(', ')})`);
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
