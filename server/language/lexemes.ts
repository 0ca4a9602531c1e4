/**
 * In: the text of a search. Out: its words, keywords and parentheses, each with its place. Never throws: a quote that
 * nobody closed runs to the end of the text and says so.
 *
 * Quotes are double quotes, and may begin and end within a word. In them, `\"` is a quote and `\\` a backslash; before
 * any other character a backslash is only itself, so that what a Python repr shows can be pasted.
 */
import { findQualifier, type Qualifier } from './qualifiers.ts';
import type { Span } from './query.ts';

/** One character of a word, with what stood for it in the text. In quotes no character has a special meaning. */
interface Letter extends Span {
  char: string;
  quoted: boolean;
}

/** A word or a part of it. `""` has no letters but takes up space, which tells it from nothing at all. */
export interface Phrase extends Span {
  letters: readonly Letter[];
}

export interface Term extends Span {
  kind: 'term';
  /** null: a bare word. */
  qualifier: Qualifier | null;
  /** What is looked for: after the qualifier and its colon. */
  value: Phrase;
  /** Where a quote begins that does not end. */
  unclosedAt: number | null;
}

export type Keyword = 'and' | 'or' | 'not';

export interface Mark extends Span {
  kind: Keyword | 'open' | 'close' | 'minus';
}

export type Lexeme = Term | Mark;

export function readLexemes(text: string): Lexeme[] {
  const lexemes: Lexeme[] = [];
  for (let at = 0; at < text.length;) {
    if (isSpace(text[at])) {
      at++;
      continue;
    }
    const lexeme = readLexeme(text, at);
    lexemes.push(lexeme);
    at = lexeme.end;
  }
  return lexemes;
}

function readLexeme(text: string, at: number): Lexeme {
  const char = text[at];
  if (char === '(') return { kind: 'open', at, end: at + 1 };
  if (char === ')') return { kind: 'close', at, end: at + 1 };
  if (char === '-' && negates(text[at + 1])) return { kind: 'minus', at, end: at + 1 };
  const word = readWord(text, at);
  const source = text.slice(at, word.phrase.end);
  const keyword = /^(?:and|or|not)$/i.exec(source)?.[0].toLowerCase() as Keyword | undefined;
  return keyword ? { kind: keyword, at, end: word.phrase.end } : toTerm(source, word);
}

/** A lone `-` is a word, and so is `--verbose`. */
function negates(next: string | undefined): boolean {
  return next !== undefined && next !== '-' && next !== ')' && !isSpace(next);
}

function toTerm(source: string, { phrase, unclosedAt }: { phrase: Phrase; unclosedAt: number | null }): Term {
  const qualifier = findQualifier(source);
  const skipped = qualifier === null ? 0 : qualifier.length + 1;
  const value = { letters: phrase.letters.slice(skipped), at: phrase.at + skipped, end: phrase.end };
  return { kind: 'term', at: phrase.at, end: phrase.end, qualifier, value, unclosedAt };
}

function readWord(text: string, start: number): { phrase: Phrase; unclosedAt: number | null } {
  const letters: Letter[] = [];
  let quoteAt: number | null = null;
  let at = start;
  for (; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '"') quoteAt = quoteAt === null ? at : null;
    else if (quoteAt === null && (isSpace(char) || char === '(' || char === ')')) break;
    else if (quoteAt !== null && /^\\["\\]/.test(text.slice(at, at + 2))) {
      letters.push({ char: text.charAt(at + 1), quoted: true, at, end: at + 2 });
      at++;
    } else letters.push({ char, quoted: quoteAt !== null, at, end: at + 1 });
  }
  return { phrase: { letters, at: start, end: at }, unclosedAt: quoteAt };
}

function isSpace(char: string | undefined): boolean {
  return char !== undefined && /\s/.test(char);
}

/** What a phrase says, without its quotes. */
export function textOf(phrase: Phrase): string {
  return phrase.letters.map((letter) => letter.char).join('');
}

export function hasPlain(phrase: Phrase, char: string): boolean {
  return phrase.letters.some((letter) => !letter.quoted && letter.char === char);
}

/** The parts between separators outside of quotes, at most `limit`, of which the last is then the rest. */
export function splitPhrase(phrase: Phrase, separator: string, limit = Infinity): Phrase[] {
  const parts: Phrase[] = [];
  let letters: Letter[] = [];
  let at = phrase.at;
  for (const letter of phrase.letters) {
    if (letter.quoted || letter.char !== separator || parts.length + 1 >= limit) {
      letters.push(letter);
      continue;
    }
    parts.push({ letters, at, end: letter.at });
    letters = [];
    at = letter.end;
  }
  return [...parts, { letters, at, end: phrase.end }];
}

/** Whether nothing stands there, not even an empty pair of quotes. */
export function isMissing(phrase: Phrase): boolean {
  return phrase.at === phrase.end;
}
