import { PythonError, type Token } from './python-tokens.ts';

const accepted = 'only plain values can be read: strings, numbers, True, False, None, lists, tuples and dicts of these';

/** Numbers, texts, booleans, null, arrays (for lists and tuples) and objects (for dicts). */
export type PythonValue = string | number | boolean | null | PythonValue[] | { [key: string]: PythonValue };

/**
 * The value that some tokens spell; a Python literal, and nothing that would have to be run.
 * @throws {PythonError}
 */
export function readPythonValue(tokens: readonly Token[], line: number): PythonValue {
  const cursor = { tokens, at: 0, line };
  const items = readItems(cursor, undefined);
  const isTuple = items.length !== 1 || tokens.at(-1)?.text === ',';
  return isTuple ? items : (items[0] ?? null);
}

interface Cursor {
  readonly tokens: readonly Token[];
  readonly line: number;
  at: number;
}

/** The next token if it is this symbol, which is then taken. */
function takes(cursor: Cursor, symbol: string): boolean {
  const token = cursor.tokens[cursor.at];
  if (token?.kind !== 'symbol' || token.text !== symbol) return false;
  cursor.at++;
  return true;
}

function fail(cursor: Cursor): never {
  throw new PythonError(accepted, cursor.tokens[Math.min(cursor.at, cursor.tokens.length - 1)]?.line ?? cursor.line);
}

/** Values with commas between, up to the closing bracket or, without one, the end. */
function readItems(cursor: Cursor, close: ')' | ']' | undefined): PythonValue[] {
  const items: PythonValue[] = [];
  const isAtEnd = () => (close === undefined ? cursor.at >= cursor.tokens.length : takes(cursor, close));
  if (close !== undefined && isAtEnd()) return items;
  for (;;) {
    items.push(readOne(cursor));
    const hasComma = takes(cursor, ',');
    if (isAtEnd()) return items;
    if (!hasComma) fail(cursor);
  }
}

function readOne(cursor: Cursor): PythonValue {
  const token = cursor.tokens[cursor.at];
  switch (token?.kind) {
    case 'string':
      return readText(cursor);
    case 'number':
      cursor.at++;
      return readNumber(token, cursor);
    case 'name':
      cursor.at++;
      if (token.text === 'True' || token.text === 'False') return token.text === 'True';
      if (token.text === 'None') return null;
      cursor.at--;
      return fail(cursor);
    case 'symbol':
      return readBracketed(cursor);
    case undefined:
      return fail(cursor);
  }
}

/** Strings side by side, or with a plus between, are one. */
function readText(cursor: Cursor): string {
  let text = '';
  for (;;) {
    const token = cursor.tokens[cursor.at];
    if (token?.kind !== 'string') return fail(cursor);
    text += token.text;
    cursor.at++;
    if (cursor.tokens[cursor.at]?.kind !== 'string' && !takes(cursor, '+')) return text;
  }
}

function readNumber(token: Token, cursor: Cursor): number {
  const value = Number(token.text.replaceAll('_', ''));
  return Number.isNaN(value) ? fail(cursor) : value;
}

function readBracketed(cursor: Cursor): PythonValue {
  if (takes(cursor, '[')) return readItems(cursor, ']');
  if (takes(cursor, '{')) return readDict(cursor);
  if (takes(cursor, '(')) {
    const items = readItems(cursor, ')');
    const hasComma = cursor.tokens[cursor.at - 2]?.text === ',';
    return items.length === 1 && !hasComma ? (items[0] ?? null) : items;
  }
  const sign = takes(cursor, '-') ? -1 : takes(cursor, '+') ? 1 : fail(cursor);
  const value = readOne(cursor);
  return typeof value === 'number' ? sign * value : fail(cursor);
}

function readDict(cursor: Cursor): { [key: string]: PythonValue } {
  const entries: [string, PythonValue][] = [];
  while (!takes(cursor, '}')) {
    const key = readOne(cursor);
    if ((typeof key !== 'string' && typeof key !== 'number') || !takes(cursor, ':')) fail(cursor);
    entries.push([String(key), readOne(cursor)]);
    if (!takes(cursor, ',') && cursor.tokens[cursor.at]?.text !== '}') fail(cursor);
  }
  return Object.fromEntries(entries);
}
