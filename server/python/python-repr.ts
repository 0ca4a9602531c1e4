/**
 * Reads the Python reprs in events: `args`, `kwargs`, `result` (`celery.utils.saferepr`, or Python's own `repr`).
 *
 * In: text. Out: the value, or where and why it is none; never an exception, and nothing is ever evaluated. Celery's
 * reprs are not quite Python (see {@link ReprEscapes}) and are cut, by default at 1024 characters and three levels,
 * so a value always says what is missing from it.
 */
import { ReprFault, ReprReader, type ReprAttempt } from './python-repr-reader.ts';
import type { PythonValue } from './python-value.ts';

/**
 * `saferepr`: in single quotes only `'` is escaped; all else, backslashes too, stands for itself. A string that ends in
 * a backslash cannot be told from one with a quote in it (`'C:\', 'x'`): the quote is tried first, the backslash only
 * where that makes no sense. `python`: all of Python's escapes; these hold in any case in double quotes, which Celery
 * never writes by itself, and inside of objects.
 */
export type ReprEscapes = 'saferepr' | 'python';

export type PythonRepr =
  /** `truncated`: something, at any depth, was cut. */
  | { ok: true; value: PythonValue; truncated: boolean }
  /** `at`: index into the text, in UTF-16 units. */
  | { ok: false; at: number; message: string };

export function readPythonRepr(text: string, options: { escapes?: ReprEscapes } = {}): PythonRepr {
  return readWhole(text, options.escapes ?? 'saferepr').result;
}

/** What can be read of a text that something else cut: the value as far as it goes, and where its parts stand. */
export interface ReprPrefix {
  value: PythonValue;
  places: ReadonlyMap<PythonValue, { at: number; end: number }>;
}

/** As `readPythonRepr` reads it; of a text that is no repr as a whole, what stands before that shows. null: nothing. */
export function readReprPrefix(text: string): ReprPrefix | null {
  const { endQuotes } = readWhole(text, 'saferepr');
  const { result, places } = attempt(text, { escapes: 'saferepr', endQuotes, partial: true });
  return result.ok ? { value: result.value, places } : null;
}

const maxRetries = 32;

/** `endQuotes`: those with which the text was read, or with which the reader got furthest. */
function readWhole(text: string, escapes: ReprEscapes): { result: PythonRepr; endQuotes: ReadonlySet<number> } {
  const endQuotes = new Set<number>();
  const read = (): Attempt => attempt(text, { escapes, endQuotes, partial: false });
  const first = read();
  let best = { at: first.result.ok ? text.length : first.result.at, endQuotes: new Set<number>() };
  // Each retry takes the last doubtful backslash for itself, and the quote after it for the string's end.
  for (let last = first, tries = 0; !last.result.ok && tries < maxRetries; tries++) {
    if (last.doubtfulQuote === null) break;
    endQuotes.add(last.doubtfulQuote);
    last = read();
    if (last.result.ok) return { result: last.result, endQuotes };
    if (last.result.at > best.at) best = { at: last.result.at, endQuotes: new Set(endQuotes) };
  }
  return { result: first.result, endQuotes: best.endQuotes };
}

interface Attempt extends Pick<ReprReader, 'places' | 'doubtfulQuote'> {
  result: PythonRepr;
}

function attempt(text: string, how: ReprAttempt): Attempt {
  const reader = new ReprReader(text, how);
  const { places } = reader;
  try {
    const value = reader.readAll();
    return { result: { ok: true, value, truncated: reader.truncated }, places, doubtfulQuote: null };
  } catch (error) {
    if (!(error instanceof ReprFault)) throw error;
    const { at, message } = error;
    return { result: { ok: false, at, message }, places, doubtfulQuote: reader.doubtfulQuote };
  }
}
