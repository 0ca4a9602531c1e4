/**
 * Reads the arguments of a task back from the reprs that its events carried, to call it once more.
 *
 * In: the reprs. Out: plain values, exactly those the task was given, or why that cannot be said. It never guesses: what
 * was cut, redacted, hidden by the sender, or is of a kind that JSON would change, is refused.
 */
import { AppError } from '../errors.ts';
import { NotPlain, toPlainPython } from './plain-python.ts';
import { readPythonRepr } from './python-repr.ts';
import type { PythonValue } from './python-value.ts';

/** As redaction leaves it in a text. */
const redacted = '[redacted]';
/** As a stored field ends that was too long. */
const cutWhenStored = /… \[cut: [\d,]+ characters\]$/;

/** @throws {AppError} `bad_request`, with the reason */
export function readRecordedArgs(repr: string | null): unknown[] {
  const value = readRepr('args', repr);
  if (value.type !== 'tuple' && value.type !== 'list') throw refuse('args', 'they are no list of arguments');
  if (value.cut) throw refuse('args', cutText);
  return value.items.map((item) => toPlain('args', item));
}

/** @throws {AppError} `bad_request`, with the reason */
export function readRecordedKwargs(repr: string | null): Record<string, unknown> {
  const value = readRepr('kwargs', repr);
  if (value.type !== 'dict') throw refuse('kwargs', 'they are no dict of arguments');
  return toPlain('kwargs', value) as Record<string, unknown>;
}

type Which = 'args' | 'kwargs';

const cutText = 'they were cut (Celery keeps 1024 characters and three levels)';

function readRepr(which: Which, repr: string | null): PythonValue {
  if (repr === null) throw refuse(which, 'no event told them');
  if (cutWhenStored.test(repr)) throw refuse(which, 'they were too long to be stored whole (max_field_length)');
  if (repr.includes(redacted)) throw refuse(which, 'a part of them was redacted before it was stored');
  const read = readPythonRepr(repr);
  if (!read.ok) throw refuse(which, `they are no Python literal, at position ${read.at}: ${read.message}`);
  if (read.truncated) throw refuse(which, cutText);
  return read.value;
}

function toPlain(which: Which, value: PythonValue): unknown {
  try {
    return toPlainPython(value, { coerce: false });
  } catch (error) {
    if (error instanceof NotPlain) throw refuse(which, `JSON cannot carry ${error.message}`);
    throw error;
  }
}

function refuse(which: Which, why: string): AppError {
  const said = `The recorded ${which} cannot be sent again: ${why}. Give ${which} in the body.`;
  return new AppError('bad_request', said, [{ path: which, message: why }]);
}
