/**
 * Reads the arguments of a task back from the reprs that its events carried, to call it once more.
 *
 * In: the reprs. Out: plain values, exactly those the task was given, or why that cannot be said. It never guesses: what
 * was cut, redacted, hidden by the sender, or is of a kind that JSON would change, is not read.
 */
import { NotPlain, toPlainPython } from './plain-python.ts';
import { readPythonRepr } from './python-repr.ts';
import type { PythonValue } from './python-value.ts';

/** `why`: the rest of a sentence that begins with what cannot be read. */
export type Recorded<T> = { ok: true; value: T } | { ok: false; why: string };

/** As redaction leaves it in a text. */
const redacted = '[redacted]';
/** As a stored field ends that was too long. */
const cutWhenStored = /… \[cut: [\d,]+ characters\]$/;

export function readRecordedArgs(repr: string | null): Recorded<unknown[]> {
  const read = readRepr(repr);
  if (!read.ok) return read;
  const { value } = read;
  if (value.type !== 'tuple' && value.type !== 'list') return refuse('they are no list of arguments');
  if (value.cut) return refuse(cutText);
  const items = value.items.map(toPlain);
  const refused = items.find((item) => !item.ok);
  return refused ?? { ok: true, value: items.map((item) => item.ok && item.value) };
}

export function readRecordedKwargs(repr: string | null): Recorded<Record<string, unknown>> {
  const read = readRepr(repr);
  if (!read.ok) return read;
  if (read.value.type !== 'dict') return refuse('they are no dict of arguments');
  return toPlain(read.value) as Recorded<Record<string, unknown>>;
}

const cutText = 'they were cut (Celery keeps 1024 characters and three levels)';

function readRepr(repr: string | null): Recorded<PythonValue> {
  if (repr === null) return refuse('no event told them');
  if (cutWhenStored.test(repr)) return refuse('they were too long to be stored whole (max_field_length)');
  if (repr.includes(redacted)) return refuse('a part of them was redacted before it was stored');
  const read = readPythonRepr(repr);
  if (!read.ok) return refuse(`they are no Python literal, at position ${read.at}: ${read.message}`);
  return read.truncated ? refuse(cutText) : { ok: true, value: read.value };
}

function toPlain(value: PythonValue): Recorded<unknown> {
  try {
    return { ok: true, value: toPlainPython(value, { coerce: false }) };
  } catch (error) {
    if (error instanceof NotPlain) return refuse(`JSON cannot carry ${error.message}`);
    throw error;
  }
}

function refuse(why: string): { ok: false; why: string } {
  return { ok: false, why };
}
