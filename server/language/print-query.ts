/**
 * In: what a search means. Out: its canonical text, which reads as exactly that, whoever reads it and whenever: times
 * are absolute and in UTC.
 */
import { printDuration } from './durations.ts';
import { findQualifier, isOfKind, takesList, type Qualifier } from './qualifiers.ts';
import type { Bound, Condition, Query, Sort } from './query.ts';
import { printTime } from './times.ts';

export function printQuery({ where, sort }: Query): string {
  const parts = where === null ? [] : [printCondition(where)];
  return (sort === null ? parts : [...parts, printSort(sort)]).join(' ');
}

/** Of `-runtime` in `sort:-runtime`. */
export function printSort({ key, descending }: Sort): string {
  return `sort:${descending ? '-' : ''}${key}`;
}

/** One condition by itself, as a search that asks for nothing else. */
export function printCondition(condition: Condition): string {
  return print(condition, 'alone');
}

/** The value as it is to be written after the qualifier and its colon, in quotes where it needs them. */
export function printValue(qualifier: Qualifier, text: string): string {
  const special = takesList(qualifier) ? ',' : '';
  return quote(text, special + (isOfKind(qualifier, 'pattern') ? '*' : isOfKind(qualifier, 'kwargs') ? '=' : ''));
}

/** One key of `kwargs:key.inner=value`. */
export function printKwargKey(key: string): string {
  return quote(key, '.=');
}

/** Where a condition stands, which decides whether it needs parentheses. */
type Place = 'alone' | 'or' | 'and' | 'not';

function print(condition: Condition, place: Place): string {
  switch (condition.kind) {
    case 'or':
      return printAny(condition.parts, place);
    case 'and': {
      const text = condition.parts.map((part) => print(part, 'and')).join(' ');
      return place === 'and' || place === 'not' ? `(${text})` : text;
    }
    case 'not': {
      const text = `-${print(condition.part, 'not')}`;
      return place === 'not' ? `(${text})` : text;
    }
    default:
      return printLeaves(condition, []);
  }
}

type Leaf = Exclude<Condition, { kind: 'and' | 'or' | 'not' }>;

/** Alternatives of one field stand in one list: `name:a,b OR c`. */
function printAny(parts: readonly Condition[], place: Place): string {
  const words: string[] = [];
  for (let index = 0; index < parts.length;) {
    const part = parts[index++] as Condition;
    if (!isLeaf(part)) {
      words.push(print(part, 'or'));
      continue;
    }
    const others: Leaf[] = [];
    for (let other = parts[index]; other && canJoin(part, other); other = parts[++index]) others.push(other);
    words.push(printLeaves(part, others));
  }
  const text = words.join(' OR ');
  return words.length > 1 && (place === 'and' || place === 'not') ? `(${text})` : text;
}

function isLeaf(condition: Condition): condition is Leaf {
  return condition.kind !== 'and' && condition.kind !== 'or' && condition.kind !== 'not';
}

function canJoin(first: Leaf, other: Condition): other is Leaf {
  if (!isLeaf(other)) return false;
  const qualifier = qualifierOf(first);
  return qualifier !== null && takesList(qualifier) && qualifier === qualifierOf(other);
}

function printLeaves(first: Leaf, others: readonly Leaf[]): string {
  const qualifier = qualifierOf(first);
  const values = [first, ...others].map(valueOf).join(',');
  return qualifier === null ? values : `${qualifier}:${values}`;
}

/** null: a bare word. */
function qualifierOf(leaf: Leaf): Qualifier | null {
  if (leaf.kind === 'state') return 'state';
  if (leaf.kind === 'kwarg') return 'kwargs';
  return leaf.field === 'any' ? null : leaf.field;
}

function valueOf(leaf: Leaf): string {
  switch (leaf.kind) {
    case 'text':
      return leaf.field === 'any' ? printWord(leaf.text) : printValue(leaf.field, leaf.text);
    case 'pattern':
      return leaf.pattern
        .split('*')
        .map((part) => (part === '' ? '' : printValue(leaf.field, part)))
        .join('*');
    case 'state':
      return leaf.states.map((state) => printValue('state', state)).join(',');
    case 'related':
      return printValue(leaf.field, leaf.id);
    case 'kwarg':
      return `${leaf.path.map(printKwargKey).join('.')}=${quote(leaf.value, '')}`;
    case 'range':
      return printRange(leaf);
  }
}

/** A bare word. What would be read as something else stands in quotes. */
export function printWord(text: string): string {
  const isOther = text.startsWith('-') || /^(?:and|or|not)$/i.test(text) || findQualifier(text) !== null;
  return isOther ? inQuotes(text) : quote(text, '');
}

function quote(text: string, special: string): string {
  const isPlain = text !== '' && !/[\s()"]/.test(text) && !Array.from(special).some((char) => text.includes(char));
  return isPlain ? text : inQuotes(text);
}

function inQuotes(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

function printRange({ field, from, to }: Extract<Condition, { kind: 'range' }>): string {
  const print = (bound: Bound): string => {
    if (isOfKind(field, 'time')) return printTime(bound.value);
    return isOfKind(field, 'duration') ? printDuration(bound.value) : String(bound.value);
  };
  if (from && to) {
    const isExact = !isOfKind(field, 'time') && from.value === to.value && from.inclusive && to.inclusive;
    if (isExact) return print(from);
    return `${from.inclusive ? '' : '>'}${print(from)}..${to.inclusive ? '' : '<'}${print(to)}`;
  }
  if (from) return `>${from.inclusive ? '=' : ''}${print(from)}`;
  return to ? `<${to.inclusive ? '=' : ''}${print(to)}` : '';
}
