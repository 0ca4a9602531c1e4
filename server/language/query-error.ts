import type { Span } from './query.ts';

/** A text that is no search: what is wrong, where, and what could stand there instead. */
export class QueryError extends Error {
  override readonly name = 'QueryError';
  readonly at: number;
  readonly end: number;

  /** `problem`: without its position and full stop. `expected`: what would be accepted, each as part of a sentence. */
  constructor(
    problem: string,
    { at, end }: Span,
    readonly expected: readonly string[] = [],
  ) {
    super(`${problem} at position ${at}.`);
    this.at = at;
    this.end = end;
  }
}

/** `a word, text in "quotes" or (` */
export function toAlternatives(expected: readonly string[]): string {
  if (expected.length < 2) return expected.join('');
  return `${expected.slice(0, -1).join(', ')} or ${expected.at(-1)}`;
}
