/**
 * In: the text of a Python file. Out: its logical lines, each cut into tokens, with strings read as Python reads them.
 * It knows nothing of what the lines mean, and never quotes the file in an error, for that may hold passwords.
 */

export interface Token {
  readonly kind: 'name' | 'number' | 'string' | 'symbol';
  /** As written; of a string, what it holds. */
  readonly text: string;
  readonly line: number;
}

/** What Python calls a logical line: brackets and backslashes carry it over several lines. */
export interface LogicalLine {
  readonly line: number;
  readonly isIndented: boolean;
  readonly tokens: readonly Token[];
}

/** The text is not Python, or not Python that can be read without running it. */
export class PythonError extends Error {
  override readonly name = 'PythonError';

  constructor(
    message: string,
    readonly line: number,
  ) {
    super(message);
  }
}

const patterns = {
  blank: /(?:[ \t\f\r]|\\\r?\n|#[^\n]*)+/y,
  quote: /([A-Za-z]{0,2})("""|'''|"|')/y,
  name: /[\p{L}_][\p{L}\p{N}_]*/uy,
  number: /0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?/y,
  symbol: /[=!<>:+\-*/%&|^@]=|\*\*|->|[^\s]/y,
};

/** @throws {PythonError} for an unfinished string or bracket, or a string that only running the file could finish. */
export function readLogicalLines(source: string): LogicalLine[] {
  const text = source.replace(/^\uFEFF/, '');
  const lines: LogicalLine[] = [];
  const brackets: Token[] = [];
  let tokens: Token[] = [];
  let at = 0;
  let line = 1;
  let isIndented = false;

  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) return null;
    at += match[0].length;
    line += countLines(match[0]);
    return match;
  };
  const endLine = () => {
    const first = tokens[0];
    if (first !== undefined) lines.push({ line: first.line, isIndented, tokens });
    tokens = [];
  };

  while (at < text.length) {
    if (tokens.length === 0) isIndented = /[ \t]/.test(text[at] ?? '') && (at === 0 || text[at - 1] === '\n');
    take(patterns.blank);
    if (at >= text.length) break;
    const startLine = line;
    if (text[at] === '\n') {
      at++;
      line++;
      if (brackets.length === 0) endLine();
      continue;
    }
    const quote = take(patterns.quote);
    if (quote !== null) {
      const string = readString(text, at, quote[1] ?? '', quote[2] ?? '', startLine);
      line += countLines(text.slice(at, string.end));
      at = string.end;
      tokens.push({ kind: 'string', text: string.value, line: startLine });
      continue;
    }
    const token = takeToken(take, startLine);
    trackBracket(brackets, token);
    tokens.push(token);
  }
  const open = brackets[0];
  if (open !== undefined) throw new PythonError('a bracket is not closed', open.line);
  endLine();
  return lines;
}

function takeToken(take: (pattern: RegExp) => RegExpExecArray | null, line: number): Token {
  for (const kind of ['name', 'number', 'symbol'] as const) {
    const match = take(patterns[kind]);
    if (match !== null) return { kind, text: match[0], line };
  }
  throw new PythonError('this cannot be read', line);
}

function trackBracket(brackets: Token[], token: Token): void {
  if (token.kind !== 'symbol') return;
  if (/^[([{]$/.test(token.text)) brackets.push(token);
  if (/^[)\]}]$/.test(token.text) && brackets.pop() === undefined)
    throw new PythonError('a bracket closes nothing', token.line);
}

function countLines(text: string): number {
  return text.split('\n').length - 1;
}

/** Reads from behind the opening quote. `end` is the place behind the closing one. */
function readString(
  text: string,
  start: number,
  prefix: string,
  quote: string,
  line: number,
): { value: string; end: number } {
  const kind = prefix.toLowerCase();
  if (/f/.test(kind)) throw new PythonError('an f-string cannot be read without running the file', line);
  if (!['', 'r', 'u'].includes(kind)) throw new PythonError(`a string with ${prefix} before it is not read here`, line);
  let end = start;
  while (!text.startsWith(quote, end)) {
    if (end >= text.length || (quote.length === 1 && text[end] === '\n'))
      throw new PythonError('a string is not closed', line);
    end += text[end] === '\\' ? 2 : 1;
  }
  const raw = text.slice(start, end);
  return { value: kind === 'r' ? raw : raw.replace(escapes, readEscape), end: end + quote.length };
}

const escapes = /\\(?:([0-7]{1,3})|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|(\r?\n)|(.))/g;
const letters: Record<string, string> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};

/** What Python does not know as an escape stays as written, its backslash too. */
function readEscape(
  whole: string,
  octal?: string,
  hex?: string,
  u4?: string,
  u8?: string,
  newline?: string,
  letter?: string,
): string {
  if (octal !== undefined) return String.fromCodePoint(parseInt(octal, 8));
  const code = hex ?? u4 ?? u8;
  if (code !== undefined) return String.fromCodePoint(Math.min(parseInt(code, 16), 0x10ffff));
  return newline === undefined ? (letters[letter ?? ''] ?? whole) : '';
}
