/**
 * One attempt at reading a Python repr; python-repr.ts says what it is for and when it takes more than one.
 *
 * In: text. Out: its value, or a {@link ReprFault}. `partial`: what stands before a fault is a value too, as if Celery
 * had cut it there.
 */
import { findObjectEnd, isValueEnd, unescapePython } from './python-repr-text.ts';
import type { ReprEscapes } from './python-repr.ts';
import type { PythonSequence, PythonValue } from './python-value.ts';

export interface ReprAttempt {
  escapes: ReprEscapes;
  /** Quotes that end their string, though a backslash stands before them. */
  endQuotes: ReadonlySet<number>;
  partial: boolean;
}

export class ReprFault extends Error {
  override readonly name = 'ReprFault';

  constructor(
    readonly at: number,
    message: string,
  ) {
    super(message);
  }
}

/** What Celery writes where the budget of characters is spent; only closing brackets follow, at times not all of them. */
const budgetMark = ', ...';

const maxDepth = 200;

const numberPattern = /-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|inf\b|nan\b)/y;
/** What makes a number something else: `1/3`, `1j`, `1+2j`. */
const numberTail = /[\w+\-/*.]+/y;
const namePattern = /[\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{N}_]*)*/uy;
/** Celery writes `[...]` for what is too deep, and may cut that too. */
const cutBracket = /[([{]\.(?!\.\.,?[)\]}])/y;
const pythonString = /"[^"\\]*(?:\\[^][^"\\]*)*"|'[^'\\]*(?:\\[^][^'\\]*)*'/y;

export class ReprReader {
  /** Where each value stands in the text; only kept when `partial`. */
  readonly places = new Map<PythonValue, { at: number; end: number }>();
  truncated = false;
  /** The last escaped quote that might as well have ended its string. */
  doubtfulQuote: number | null = null;
  private at = 0;
  private isSpent = false;
  /** Where the budget was spent in the middle of a value; null: not looked for yet, for it takes going through the text. */
  private spentAt: number | null = null;

  constructor(
    private readonly text: string,
    private readonly attempt: ReprAttempt,
  ) {}

  readAll(): PythonValue {
    const value = this.readValue(0);
    // Brackets may be closed that were never opened, for want of budget.
    if (this.isSpent) this.match(/[)\]},]*/y);
    return this.at === this.text.length || this.attempt.partial ? value : this.fail('expected the end');
  }

  private readValue(depth: number): PythonValue {
    const start = this.at;
    const value = this.readAnyValue(depth);
    if (this.attempt.partial) this.places.set(value, { at: start, end: this.at });
    return value;
  }

  private readAnyValue(depth: number): PythonValue {
    if (depth > maxDepth) this.fail(`nested more than ${maxDepth} deep`);
    const start = this.at;
    const next = this.text[start];
    if (next === "'" || next === '"') return this.readString(depth);
    if (next === 'b' && /['"]/.test(this.text[start + 1] ?? '')) return this.readBytes(depth);
    if (this.match(cutBracket) !== null) return this.readCut(start, depth) ?? this.fail('expected a value', start);
    if (next === '(') return this.readTuple(depth);
    if (next === '[') return this.readSequence('list', ']', depth);
    if (next === '{') return this.readBraces(depth);
    if (next === '<') return this.readObject(start, depth);
    const number = this.match(numberPattern);
    if (number !== null) return this.readNumber(start, number, depth);
    const name = this.match(namePattern);
    if (name !== null) return this.readNamed(start, name, depth);
    return this.readCut(start, depth) ?? this.fail('expected a value', start);
  }

  private readNumber(start: number, digits: string, depth: number): PythonValue {
    const cut = this.text.startsWith('...', this.at) ? this.readCut(start, depth) : null;
    if (cut !== null) return cut;
    if (this.match(numberTail) !== null) return { type: 'other', text: this.text.slice(start, this.at), cut: false };
    if (!/^-?\d+$/.test(digits)) return { type: 'float', value: Number(digits.replace('inf', 'Infinity')) };
    const number = Number(digits);
    return { type: 'int', value: Number.isSafeInteger(number) ? number : BigInt(digits) };
  }

  private readNamed(start: number, name: string, depth: number): PythonValue {
    const isObject = this.text[this.at] === '(' || this.text.startsWith('...', this.at);
    if (name === 'None' && !isObject) return { type: 'none' };
    if ((name === 'True' || name === 'False') && !isObject) return { type: 'bool', value: name === 'True' };
    if (!isObject) return { type: 'other', text: name, cut: false };
    if (name !== 'set' && name !== 'frozenset') return this.readObject(start, depth);
    if (this.eat('()')) return { type: name, items: [], cut: false };
    return name === 'frozenset' && this.eat('(') ? this.readFrozenset(depth) : this.readObject(start, depth);
  }

  private readFrozenset(depth: number): PythonValue {
    const value = this.text[this.at] === '{' ? this.readSequence('frozenset', '}', depth) : this.fail("expected '{'");
    if (!this.eat(')') && !this.isSpent) this.fail("expected ')'");
    return value;
  }

  /** An object's own repr, up to its closing bracket. */
  private readObject(start: number, depth: number): PythonValue {
    const end = findObjectEnd(this.text, this.at);
    if (end === null || this.text.slice(start, end).includes(`...${budgetMark}`)) {
      return this.readCut(start, depth) ?? this.fail('an object without its end', start);
    }
    this.at = end;
    return { type: 'other', text: this.text.slice(start, end), cut: false };
  }

  /** A cut number or object, `datetime.datet..., ...`: it goes on to the last place where the budget was spent. */
  private readCut(start: number, depth: number): PythonValue | null {
    this.spentAt ??= this.text.lastIndexOf(`...${budgetMark}`);
    let end = this.spentAt;
    if (end < start && depth === 0 && this.text.endsWith('...')) end = this.text.length - 3;
    if (end < start) return null;
    this.at = end + 3;
    this.truncated = true;
    return { type: 'other', text: this.text.slice(start, end), cut: true };
  }

  private readString(depth: number): PythonValue {
    const value = this.readQuoted('str');
    const cut = this.isCutText(value, depth);
    return { type: 'str', value: cut ? value.slice(0, -3) : value, cut };
  }

  private readBytes(depth: number): PythonValue {
    this.at++;
    const text = this.readQuoted('bytes');
    const cut = this.isCutText(text, depth);
    return { type: 'bytes', text: cut ? text.slice(0, -3) : text, cut };
  }

  /** Not every text that ends in dots was cut: a cut one is the last thing within the budget. */
  private isCutText(text: string, depth: number): boolean {
    const isLast = this.text.startsWith(budgetMark, this.at) || (depth === 0 && this.at === this.text.length);
    if (!isLast || !text.endsWith('...')) return false;
    this.truncated = true;
    return true;
  }

  private readQuoted(kind: 'str' | 'bytes'): string {
    const start = this.at;
    if (this.attempt.escapes === 'python' || this.text[start] === '"') {
      const quoted = this.match(pythonString) ?? this.fail('a string without its end');
      return unescapePython(quoted.slice(1, -1));
    }
    let end = this.text.indexOf("'", start + 1);
    while (end !== -1 && !this.endsText(end, kind)) end = this.text.indexOf("'", end + 1);
    if (end === -1) this.fail('a string without its end');
    this.at = end + 1;
    const body = this.text.slice(start + 1, end);
    return kind === 'bytes' ? body : body.replaceAll("\\'", "'");
  }

  /** In bytes Celery escapes no quote: the first one that is followed as a value is followed ends them. */
  private endsText(quote: number, kind: 'str' | 'bytes'): boolean {
    if (kind === 'bytes') return isValueEnd(this.text, quote + 1);
    if (this.text[quote - 1] !== '\\') return true;
    if (this.attempt.endQuotes.has(quote)) return true;
    if (isValueEnd(this.text, quote + 1)) this.doubtfulQuote = quote;
    return false;
  }

  /** `(x,)` is a tuple of one, `(x)` only x in brackets: `(1+2j)`. */
  private readTuple(depth: number): PythonValue {
    const start = this.at;
    const { tuple, hasComma } = this.readItems('tuple', ')', depth);
    const only = tuple.items.length === 1 && !tuple.cut && !hasComma ? tuple.items[0] : undefined;
    if (only === undefined) return tuple;
    return only.type === 'other' ? { ...only, text: this.text.slice(start, this.at) } : only;
  }

  private readSequence(type: PythonSequence['type'], closer: string, depth: number): PythonValue {
    return this.readItems(type, closer, depth).tuple;
  }

  private readItems(
    type: PythonSequence['type'],
    closer: string,
    depth: number,
  ): { tuple: PythonSequence; hasComma: boolean } {
    const items: PythonValue[] = [];
    const { cut, hasComma } = this.readList(closer, () => items.push(this.readValue(depth + 1)));
    return { tuple: { type, items, cut }, hasComma };
  }

  /** A dict or a set; `{...}`, and a cut one of which nothing but its first thing is left, count as dicts. */
  private readBraces(depth: number): PythonValue {
    const start = this.at;
    const items: PythonValue[] = [];
    const entries: [PythonValue, PythonValue][] = [];
    const { cut } = this.readList('}', () => {
      const key = this.readValue(depth + 1);
      if (this.eat(':')) {
        this.eat(' ');
        if (!this.meetsBudget()) entries.push([key, this.readValue(depth + 1)]);
      } else if (!this.meetsBudget() || items.length > 0) {
        items.push(key);
      }
    });
    const isKeyCut = this.attempt.partial && entries.length > 0;
    if (items.length === 0 || isKeyCut) return { type: 'dict', entries, cut };
    return entries.length === 0 ? { type: 'set', items, cut } : this.fail('neither a dict nor a set', start);
  }

  /** From an opening bracket to its closing one. Leaves out what Celery left out, and says so. */
  private readList(closer: string, readItem: () => unknown): { cut: boolean; hasComma: boolean } {
    if (!this.attempt.partial) return this.readItemsUntil(closer, readItem);
    try {
      return this.readItemsUntil(closer, readItem);
    } catch (error) {
      if (!(error instanceof ReprFault)) throw error;
      this.isSpent = true;
      this.truncated = true;
      return { cut: true, hasComma: true };
    }
  }

  private readItemsUntil(closer: string, readItem: () => unknown): { cut: boolean; hasComma: boolean } {
    this.at++;
    if (this.eat('...')) return this.closeCut(closer);
    for (let hasComma = false; ; hasComma = true) {
      if (this.meetsBudget()) return this.closeCut(closer);
      if (this.eat(closer)) return { cut: false, hasComma };
      readItem();
      if (this.meetsBudget()) return this.closeCut(closer);
      if (this.eat(closer)) return { cut: false, hasComma };
      if (!this.eat(',')) this.fail(`expected ',' or '${closer}'`);
      this.eat(' ');
    }
  }

  /** Where the budget was spent, the bracket whose turn it was is lost. */
  private closeCut(closer: string): { cut: boolean; hasComma: boolean } {
    this.truncated = true;
    const isClosed = this.eat(closer) || this.eat(`,${closer}`);
    if (!isClosed && !this.isSpent) this.fail(`expected '${closer}'`);
    return { cut: true, hasComma: true };
  }

  private meetsBudget(): boolean {
    while (this.eat(budgetMark)) this.isSpent = true;
    return this.isSpent;
  }

  private eat(token: string): boolean {
    if (!this.text.startsWith(token, this.at)) return false;
    this.at += token.length;
    return true;
  }

  private match(pattern: RegExp): string | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0] ?? null;
    if (found !== null) this.at += found.length;
    return found;
  }

  private fail(message: string, at: number = this.at): never {
    throw new ReprFault(at, message);
  }
}
