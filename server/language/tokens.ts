/** In: the text of a search, finished or not. Out: what each stretch of it is, for colours. Never throws. */
import { readLexemes, type Lexeme, type Term } from './lexemes.ts';
import { isOfKind, takesList, type Qualifier } from './qualifiers.ts';
import type { Span } from './query.ts';

export type TokenKind =
  | 'space'
  | 'parenthesis'
  /** AND, OR, NOT, and `-` before a term. */
  | 'keyword'
  /** With its colon. */
  | 'qualifier'
  /** What has a meaning within a value: `,` `*` `=` `.` `..` `>`. */
  | 'operator'
  | 'value'
  /** A bare word. */
  | 'word'
  /** With its quotes, in a value or by itself. */
  | 'quoted'
  /** From a quote that does not end. */
  | 'unclosed';

export interface Token extends Span {
  kind: TokenKind;
}

/** Tokens without gaps, from the first character to the last. */
export function toTokens(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (const lexeme of readLexemes(text)) {
    if (lexeme.at > at) tokens.push({ kind: 'space', at, end: lexeme.at });
    tokens.push(...tokensOf(lexeme, text));
    at = lexeme.end;
  }
  if (at < text.length) tokens.push({ kind: 'space', at, end: text.length });
  return tokens;
}

function tokensOf(lexeme: Lexeme, text: string): Token[] {
  const { kind, at, end } = lexeme;
  if (kind === 'open' || kind === 'close') return [{ kind: 'parenthesis', at, end }];
  if (kind !== 'term') return [{ kind: 'keyword', at, end }];
  const value = valueTokens(lexeme, text);
  return lexeme.qualifier === null ? value : [{ kind: 'qualifier', at, end: lexeme.value.at }, ...value];
}

const stretches = /"(?:\\["\\]|[^"])*("?)|[^"]+/g;

function valueTokens({ qualifier, value }: Term, text: string): Token[] {
  const tokens: Token[] = [];
  for (const found of text.slice(value.at, value.end).matchAll(stretches)) {
    const at = value.at + found.index;
    const end = at + found[0].length;
    if (found[1] !== undefined) tokens.push({ kind: found[1] === '' ? 'unclosed' : 'quoted', at, end });
    else if (qualifier === null) tokens.push({ kind: 'word', at, end });
    else tokens.push(...plainTokens(qualifier, found[0], at));
  }
  return tokens;
}

function plainTokens(qualifier: Qualifier, text: string, start: number): Token[] {
  const operators = operatorsOf(qualifier);
  return (text.match(new RegExp(`${operators}|(?:(?!${operators})[^])+`, 'g')) ?? []).map((part) => {
    const at = start;
    start += part.length;
    return { kind: new RegExp(`^(?:${operators})$`).test(part) ? 'operator' : 'value', at, end: start };
  });
}

function operatorsOf(qualifier: Qualifier): string {
  if (isOfKind(qualifier, 'time', 'duration', 'count')) return ',|\\.\\.|[<>]=?';
  if (isOfKind(qualifier, 'pattern')) return '[,*]';
  if (isOfKind(qualifier, 'kwargs')) return '[.=]';
  // What never matches, where nothing has a meaning.
  return takesList(qualifier) ? ',' : '(?!)';
}
