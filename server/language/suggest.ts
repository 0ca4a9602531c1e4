/** In: the text of a search and where the cursor stands in it. Out: what is being typed there. Never throws. */
import { readLexemes, splitPhrase, textOf, type Lexeme, type Phrase, type Term } from './lexemes.ts';
import { isOfKind, takesList, type Qualifier } from './qualifiers.ts';
import type { Span } from './query.ts';

/** What is being typed: `prefix` is what stands before the cursor, without quotes; `span` is what a choice replaces. */
export interface Suggestion {
  /** `qualifier`: the beginning of a term, which may be a word as well. `text`: anything, so that nothing can be offered. */
  kind: 'qualifier' | 'value' | 'kwarg-key' | 'kwarg-value' | 'sort' | 'text';
  /** The qualifier whose value it is; null: none. */
  field: Qualifier | null;
  /** Of keyword arguments, the keys before this one, or all keys of the value. */
  path: string[];
  prefix: string;
  span: Span;
  /** The whole of the word that is being typed; null: none is. */
  term: Span | null;
}

/** `cursor`: UTF-16 offset, between the characters. */
export function suggestAt(text: string, cursor: number): Suggestion {
  const lexeme = readLexemes(text).find(({ at, end }) => at < cursor && cursor <= end);
  const typedEnd = cursor + text.slice(cursor).search(/\s|$/);
  // What stands behind a quote that is just being opened is not meant to be in it.
  if (lexeme?.kind === 'term' && lexeme.unclosedAt !== null && lexeme.end > typedEnd) {
    return suggestAt(text.slice(0, typedEnd), cursor);
  }
  const isWord = lexeme !== undefined && !['open', 'close', 'minus'].includes(lexeme.kind);
  const term = isWord ? { at: lexeme.at, end: lexeme.end } : null;
  return { ...suggestIn(lexeme, text, cursor, term ?? { at: cursor, end: cursor }), term };
}

type Choice = Omit<Suggestion, 'term'>;

function suggestIn(lexeme: Lexeme | undefined, text: string, cursor: number, span: Span): Choice {
  const start: Choice = { kind: 'qualifier', field: null, path: [], prefix: text.slice(span.at, cursor), span };
  if (lexeme?.kind !== 'term') return start;
  const { qualifier, value } = lexeme;
  if (qualifier !== null) {
    // Another qualifier leaves the value as it is.
    if (cursor < value.at) return { ...start, span: { at: span.at, end: value.at } };
    return suggestValue(qualifier, value, cursor);
  }
  return isQuoted(lexeme, text) ? { ...start, kind: 'text', prefix: textBefore(value, cursor) } : start;
}

function isQuoted({ value }: Term, text: string): boolean {
  return text.slice(value.at, value.end).includes('"');
}

function suggestValue(field: Qualifier, value: Phrase, cursor: number): Choice {
  if (isOfKind(field, 'kwargs')) return suggestKwarg(field, value, cursor);
  const parts = takesList(field) ? splitPhrase(value, ',') : [value];
  const part = partAt(parts, cursor);
  if (isOfKind(field, 'time', 'duration', 'count')) return suggestBound(field, part, cursor);
  if (!isOfKind(field, 'sort')) return toSuggestion('value', field, [], part, cursor);
  const [first] = part.letters;
  const key =
    first?.char === '-' && cursor >= first.end ? { ...part, letters: part.letters.slice(1), at: first.end } : part;
  return toSuggestion('sort', field, [], key, cursor);
}

/** One end of a range, without its `>`. */
function suggestBound(field: Qualifier, part: Phrase, cursor: number): Choice {
  const before = part.letters.filter((letter) => letter.end <= cursor);
  const skipped = /^(?:[^]*\.\.)?(?:[<>]=?)?/.exec(before.map((letter) => letter.char).join(''))?.[0].length ?? 0;
  const dots = textOf(part).indexOf('..', before.length);
  const last = dots === -1 ? undefined : part.letters[dots];
  const letters = part.letters.slice(skipped, dots === -1 ? undefined : dots);
  const at = skipped === 0 ? part.at : (part.letters[skipped - 1]?.end ?? part.at);
  return toSuggestion('value', field, [], { letters, at, end: last?.at ?? part.end }, cursor);
}

function suggestKwarg(field: Qualifier, phrase: Phrase, cursor: number): Choice {
  const [keys = phrase, value] = splitPhrase(phrase, '=', 2);
  const path = splitPhrase(keys, '.');
  if (value !== undefined && cursor >= value.at) {
    return toSuggestion('kwarg-value', field, path.map(textOf), value, cursor);
  }
  const key = partAt(path, cursor);
  return toSuggestion('kwarg-key', field, path.slice(0, path.indexOf(key)).map(textOf), key, cursor);
}

function partAt(parts: readonly Phrase[], cursor: number): Phrase {
  return parts.find(({ end }) => cursor <= end) ?? (parts[parts.length - 1] as Phrase);
}

function toSuggestion(
  kind: Suggestion['kind'],
  field: Qualifier,
  path: string[],
  phrase: Phrase,
  cursor: number,
): Choice {
  return { kind, field, path, prefix: textBefore(phrase, cursor), span: { at: phrase.at, end: phrase.end } };
}

function textBefore(phrase: Phrase, cursor: number): string {
  return textOf({ ...phrase, letters: phrase.letters.filter((letter) => letter.end <= cursor) });
}
