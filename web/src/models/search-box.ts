import type { SuggestionBody } from '../../../server/contract/search.ts';
import { readQuery } from '../../../server/language/read-query.ts';
import { QueryError } from '../../../server/language/query-error.ts';
import type { ClockOptions } from '../../../server/language/clock.ts';
import { toTokens, type TokenKind } from '../../../server/language/tokens.ts';

/** What is wrong with a text: where (UTF-16 offsets), and what would be accepted there. */
export interface TextError {
  message: string;
  at: number;
  end: number;
  expected: readonly string[];
}

/** null: the text is a search. */
export function findError(text: string, clock: ClockOptions): TextError | null {
  if (text.trim() === '') return null;
  try {
    readQuery(text, clock);
    return null;
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    const { message, at, end, expected } = error;
    return { message: message.replace(/ at position \d+\.$/, ''), at, end, expected };
  }
}

export interface Stretch {
  kind: TokenKind;
  text: string;
  isWrong: boolean;
}

/** The text in stretches of one colour, cut where the error begins and ends. */
export function toStretches(text: string, error: TextError | null): Stretch[] {
  return toTokens(text).flatMap(({ kind, at, end }) => {
    const cuts = error ? [error.at, error.end].filter((cut) => cut > at && cut < end) : [];
    const ends = [...cuts, end];
    return ends.map((stop, index) => {
      const start = index === 0 ? at : (ends[index - 1] ?? at);
      const isWrong = error !== null && start >= error.at && stop <= error.end;
      return { kind, text: text.slice(start, stop), isWrong };
    });
  });
}

/** The text with a suggestion in place of what was being typed, and where the cursor goes. */
export function applySuggestion(
  text: string,
  { at, end }: { at: number; end: number },
  { kind, text: chosen }: SuggestionBody,
): { text: string; cursor: number } {
  const rest = text.slice(end);
  // What is whole ends with a space, so that the next thing typed is another condition.
  const isWhole = kind === 'value' && rest === '';
  const inserted = isWhole ? `${chosen} ` : chosen;
  return { text: text.slice(0, at) + inserted + rest, cursor: at + inserted.length };
}
