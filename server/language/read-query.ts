/**
 * In: the text of a search. Out: what it means, or a `QueryError` that says where it makes no sense and what would.
 * Every text of up to 2048 characters gives one or the other. Flower's language, with more in it; see docs/search.md.
 *
 *     query  = all { OR all }
 *     all    = term { [AND] term }
 *     term   = [NOT | -] ( "(" query ")" | word | qualifier:value | sort:key )
 */
import { toClock, type Clock, type ClockOptions } from './clock.ts';
import { allOf, anyOf, negate } from './conditions.ts';
import { readLexemes, type Lexeme } from './lexemes.ts';
import { printQuery } from './print-query.ts';
import type { Condition, Query, Sort, Span } from './query.ts';
import { QueryError } from './query-error.ts';
import { readSort, readTerm } from './read-term.ts';

export const maxLength = 2048;
export const maxTokens = 128;
export const maxDepth = 5;

/** Throws a `QueryError`. Of several `sort:` the last counts. */
export function readQuery(text: string, options: ClockOptions): Query {
  const whole = { at: 0, end: text.length };
  if (text.length > maxLength) {
    throw new QueryError(`Search longer than ${maxLength} characters`, { at: maxLength, end: text.length });
  }
  const lexemes = readLexemes(text);
  const tooMany = lexemes[maxTokens];
  if (tooMany) throw new QueryError(`Search of more than ${maxTokens} words`, tooMany);
  const query = new Parser(lexemes, toClock(options), text.length).readAll();
  // A time that is given in three characters takes twenty as a date.
  if (printQuery(query).length > maxLength) {
    throw new QueryError(`Search that is longer than ${maxLength} characters with all times written out`, whole);
  }
  return query;
}

const expectedTerm = ['a word', 'text in "quotes"', 'a qualifier such as state:FAILURE', '('];

/** What a mark is called in messages. */
const names = {
  and: 'AND',
  or: 'OR',
  not: 'NOT',
  minus: '-',
  open: 'opening parenthesis',
  close: 'closing parenthesis',
};

class Parser {
  private index = 0;
  private sort: Sort | null = null;
  /** Where that was read. */
  private sortSpan: Span = { at: 0, end: 0 };

  constructor(
    private readonly lexemes: readonly Lexeme[],
    private readonly clock: Clock,
    private readonly length: number,
  ) {}

  readAll(): Query {
    const where = this.lexemes.length === 0 ? null : this.readAny(0);
    if (this.next) throw new QueryError('Unexpected closing parenthesis', this.next, ['the end', ...expectedTerm]);
    return { where, sort: this.sort };
  }

  private get next(): Lexeme | undefined {
    return this.lexemes[this.index];
  }

  /** Alternatives. null: nothing but a `sort:`, which is no condition. */
  private readAny(depth: number): Condition | null {
    const first = this.readEach(depth);
    if (this.next?.kind !== 'or') return first;
    const others: Condition[] = [];
    const only = this.refuseSort(first, 'beside OR');
    while (this.eat('or')) others.push(this.refuseSort(this.readEach(depth), 'beside OR'));
    return anyOf([only, ...others]);
  }

  private readEach(depth: number): Condition | null {
    const parts: (Condition | null)[] = [];
    do parts.push(this.readUnary(depth));
    while (this.eat('and') || (this.next && this.next.kind !== 'or' && this.next.kind !== 'close'));
    return allOf(parts.filter((part) => part !== null));
  }

  private readUnary(depth: number): Condition | null {
    if (!this.eat('not') && !this.eat('minus')) return this.readPrimary(depth);
    return negate(this.refuseSort(this.readUnary(depth), 'behind NOT'));
  }

  private readPrimary(depth: number): Condition | null {
    const lexeme = this.next;
    if (lexeme === undefined) return this.failAtEnd();
    this.index++;
    if (lexeme.kind === 'open') return this.readGroup(lexeme, depth + 1);
    if (lexeme.kind !== 'term') throw new QueryError(`Unexpected ${names[lexeme.kind]}`, lexeme, expectedTerm);
    if (lexeme.qualifier !== 'sort') return readTerm(lexeme, this.clock);
    if (depth > 0) throw new QueryError('Unexpected sort in parentheses', lexeme, expectedTerm);
    this.sort = readSort(lexeme);
    this.sortSpan = lexeme;
    return null;
  }

  private readGroup(open: Lexeme, depth: number): Condition | null {
    if (depth > maxDepth) throw new QueryError(`Parentheses more than ${maxDepth} deep`, open, expectedTerm);
    const condition = this.next ? this.readAny(depth) : null;
    if (!this.eat('close')) throw new QueryError('Missing closing parenthesis', open, [')']);
    return condition;
  }

  private refuseSort(condition: Condition | null, where: string): Condition {
    // A condition that is none consists of sorts only, of which the last is the one read last.
    if (condition === null) throw new QueryError(`Unexpected sort ${where}`, this.sortSpan, expectedTerm);
    return condition;
  }

  private failAtEnd(): never {
    const last = this.lexemes[this.index - 1];
    const after = last && last.kind !== 'term' ? ` after ${names[last.kind]}` : '';
    throw new QueryError(`Missing search term${after}`, { at: this.length, end: this.length }, expectedTerm);
  }

  private eat(kind: Lexeme['kind']): boolean {
    if (this.next?.kind !== kind) return false;
    this.index++;
    return true;
  }
}
