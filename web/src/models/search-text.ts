/*
 * The text of a search, as the page's address holds it, and its conditions one by one. What a click changes is one
 * condition; all others stay as they were typed, so that `received:>1h` goes on meaning the last hour.
 */
import { readLexemes, type Lexeme } from '../../../server/language/lexemes.ts';
import { printCondition, printSort, printValue } from '../../../server/language/print-query.ts';
import type { Qualifier } from '../../../server/language/qualifiers.ts';
import { readQuery } from '../../../server/language/read-query.ts';
import type { Sort, TimeField } from '../../../server/language/query.ts';

/** One of the conditions that all have to hold. */
export interface SearchPart {
  /** As it was typed, with its `-`. Alternatives stand in parentheses. */
  text: string;
  /** Of a single term; null: it is a word, or more than one term. */
  qualifier: Qualifier | null;
  isNegated: boolean;
}

interface Run {
  from: Lexeme;
  to: Lexeme;
  terms: Lexeme[];
}

/** Text that is no search comes back as one part, or as what can be told apart of it. */
export function splitSearch(text: string): SearchPart[] {
  const { runs, hasAlternatives } = readRuns(text);
  if (!hasAlternatives) return runs.map((run) => toPart(run, text));
  const parts = runs.map((run) => ({ part: toPart(run, text), run }));
  const sorts = parts.filter(({ part }) => part.qualifier === 'sort');
  const rest = cutOut(
    text,
    sorts.map(({ run }) => run),
  );
  return [{ text: `(${rest})`, qualifier: null, isNegated: false }, ...sorts.map(({ part }) => part)];
}

/** Whatever stands outside of parentheses, each with what negates it. */
function readRuns(text: string): { runs: Run[]; hasAlternatives: boolean } {
  const runs: Run[] = [];
  let hasAlternatives = false;
  let depth = 0;
  let open: Run | null = null;
  for (const lexeme of readLexemes(text)) {
    if (depth === 0 && (lexeme.kind === 'and' || lexeme.kind === 'or')) {
      hasAlternatives ||= lexeme.kind === 'or';
      continue;
    }
    open ??= { from: lexeme, to: lexeme, terms: [] };
    open.to = lexeme;
    open.terms.push(lexeme);
    if (lexeme.kind === 'open') depth++;
    if (lexeme.kind === 'close') depth = Math.max(0, depth - 1);
    if (depth > 0 || lexeme.kind === 'not' || lexeme.kind === 'minus') continue;
    runs.push(open);
    open = null;
  }
  if (open) runs.push(open);
  return { runs, hasAlternatives };
}

function toPart({ from, to, terms }: Run, text: string): SearchPart {
  const [first, second] = terms;
  const isNegated = first?.kind === 'not' || first?.kind === 'minus';
  const term = isNegated ? second : first;
  const isSingle = terms.length === (isNegated ? 2 : 1) && term?.kind === 'term';
  return { text: text.slice(from.at, to.end), qualifier: isSingle ? term.qualifier : null, isNegated };
}

function cutOut(text: string, runs: readonly Run[]): string {
  let rest = '';
  let at = 0;
  for (const { from, to } of runs) {
    rest += text.slice(at, from.at);
    at = to.end;
  }
  return (rest + text.slice(at)).trim().replaceAll(/\s+/g, ' ');
}

const join = (parts: readonly string[]) => parts.join(' ');
const isSame = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

export function hasPart(text: string, part: string): boolean {
  return splitSearch(text).some((each) => isSame(each.text, part));
}

/** Behind the other conditions and before the order; the same text when it is there. */
export function withPart(text: string, part: string): string {
  if (hasPart(text, part)) return text;
  const parts = splitSearch(text);
  const of = (isSort: boolean) =>
    parts.filter((each) => (each.qualifier === 'sort') === isSort).map((each) => each.text);
  return join([...of(false), part, ...of(true)]);
}

export function withoutPart(text: string, part: string): string {
  const kept = splitSearch(text).filter((each) => !isSame(each.text, part));
  return join(kept.map((each) => each.text));
}

/** In place of every single term of this qualifier that is not negated; null: nothing. */
export function withQualifier(text: string, qualifier: Qualifier, part: string | null): string {
  const isReplaced = (each: SearchPart) => each.qualifier === qualifier && !each.isNegated;
  const kept = join(
    splitSearch(text)
      .filter((each) => !isReplaced(each))
      .map((each) => each.text),
  );
  return part === null ? kept : withPart(kept, part);
}

/** The value's condition as it is written: `state:FAILURE`. */
export function toPartText(qualifier: Qualifier, value: string): string {
  return `${qualifier}:${printValue(qualifier, value)}`;
}

export type Standing = 'in' | 'out' | null;

/** Whether the search asks for this value, or for all but it. */
export function standingOf(text: string, qualifier: Qualifier, value: string): Standing {
  const part = toPartText(qualifier, value);
  if (hasPart(text, part)) return 'in';
  return hasPart(text, `-${part}`) ? 'out' : null;
}

/** A click on a value: asks for it, or leaves it out; a second one takes that back. */
export function toggleValue(text: string, qualifier: Qualifier, value: string, wanted: 'in' | 'out'): string {
  const part = toPartText(qualifier, value);
  const standing = standingOf(text, qualifier, value);
  const without = withoutPart(withoutPart(text, part), `-${part}`);
  if (standing === wanted) return without;
  return withPart(without, wanted === 'in' ? part : `-${part}`);
}

/** States of which one has to be a task's; empty: any. */
export function statesOf(text: string): string[] {
  const [part, ...others] = splitSearch(text).filter((each) => each.qualifier === 'state' && !each.isNegated);
  if (!part || others.length > 0) return [];
  const condition = readPart(part.text);
  return condition?.kind === 'state' ? condition.states : [];
}

function readPart(text: string) {
  try {
    return readQuery(text, { now: 0 }).where;
  } catch {
    return null;
  }
}

/** One state more, or one less, of those that a task may have. */
export function toggleState(text: string, state: string): string {
  const chosen = statesOf(text);
  const states = chosen.includes(state) ? chosen.filter((each) => each !== state) : [...chosen, state];
  const values = states.map((each) => printValue('state', each)).join(',');
  return withQualifier(text, 'state', values === '' ? null : `state:${values}`);
}

/** Epoch seconds; the end is not in it. */
export function toRangeText(field: TimeField, from: number | null, to: number | null): string | null {
  if (from === null && to === null) return null;
  return printCondition({
    kind: 'range',
    field,
    from: from === null ? null : { value: from, inclusive: true },
    to: to === null ? null : { value: to, inclusive: false },
  });
}

/** The condition on when tasks were received, as it was typed; null: there is none, or not one alone. */
export function receivedOf(text: string): string | null {
  const parts = splitSearch(text).filter((each) => each.qualifier === 'received' && !each.isNegated);
  return parts.length === 1 ? (parts[0]?.text ?? null) : null;
}

/** null: the order nobody has to ask for. */
export function withSort(text: string, sort: Sort | null): string {
  return withQualifier(text, 'sort', sort === null ? null : printSort(sort));
}
