/** Puts conditions together, in the one form that each has: nothing nested that need not be, states in one list. */
import { printCondition } from './print-query.ts';
import type { Condition, Query } from './query.ts';

/** null: no parts. */
export function allOf(parts: readonly Condition[]): Condition | null {
  const flat = parts.flatMap((part) => (part.kind === 'and' ? part.parts : [part]));
  return flat.length > 1 ? { kind: 'and', parts: flat } : (flat[0] ?? null);
}

/** Of at least one part. All its states become one condition, where the first of them stands. */
export function anyOf(parts: readonly [Condition, ...Condition[]]): Condition {
  const flat = parts.flatMap((part) => (part.kind === 'or' ? part.parts : [part]));
  const states = [...new Set(flat.flatMap((part) => (part.kind === 'state' ? part.states : [])))];
  const first = flat.findIndex((part) => part.kind === 'state');
  const merged = flat.flatMap((part, index): Condition[] => {
    if (part.kind !== 'state') return [part];
    return index === first ? [{ kind: 'state', states }] : [];
  });
  return merged.length === 1 ? (merged[0] ?? parts[0]) : { kind: 'or', parts: merged };
}

export function negate(part: Condition): Condition {
  return part.kind === 'not' ? part.part : { kind: 'not', part };
}

/** The conditions that all have to hold: what a page shows one by one, to be taken out again. */
export function conditionsOf(query: Query): Condition[] {
  if (query.where === null) return [];
  return query.where.kind === 'and' ? query.where.parts : [query.where];
}

/** The query with one more condition; the same when it already has it. */
export function withCondition(query: Query, condition: Condition): Query {
  const known = conditionsOf(query);
  const isKnown = known.some((each) => isSame(each, condition));
  return isKnown ? query : { ...query, where: allOf([...known, condition]) };
}

export function withoutCondition(query: Query, condition: Condition): Query {
  return { ...query, where: allOf(conditionsOf(query).filter((each) => !isSame(each, condition))) };
}

function isSame(a: Condition, b: Condition): boolean {
  return printCondition(a) === printCondition(b);
}
