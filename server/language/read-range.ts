/** Values of times, durations and counts: `5`, `>5`, `5..9`, `5..<9`, `5..`, `..9`. */
import type { Clock } from './clock.ts';
import { readDuration } from './durations.ts';
import { textOf, type Phrase } from './lexemes.ts';
import { isOfKind, type QualifierOf } from './qualifiers.ts';
import type { Bound, Condition } from './query.ts';
import { QueryError } from './query-error.ts';
import { readTime, type TimeSpan } from './times.ts';

type RangeField = QualifierOf<'time' | 'duration' | 'count'>;
type Range = { from: Bound | null; to: Bound | null };

export function readRange(field: RangeField, phrase: Phrase, clock: Clock): Condition {
  const text = textOf(phrase).trim();
  const read: ReadValue = (value, isBound) => {
    const span = readValue(field, value.trim(), clock);
    // Nothing happens exactly five minutes ago.
    if (span && (isBound || span.precision !== 'ago')) return span;
    throw new QueryError(`Invalid value '${value.trim()}' of ${field}`, phrase, expectedOf(field));
  };
  const { from, to } = text.includes('..') ? readEnds(text, read) : readComparison(text, read);
  if (from === null && to === null) throw new QueryError(`Missing bound of ${field}`, phrase, expectedOf(field));
  if (isEmpty({ from, to }))
    throw new QueryError(`Range of ${field} that ends before it begins`, phrase, expectedOf(field));
  return { kind: 'range', field, from, to };
}

/** Throws a `QueryError`. */
type ReadValue = (text: string, isBound: boolean) => TimeSpan;

function readEnds(text: string, read: ReadValue): Range {
  const dots = text.indexOf('..');
  const [, above, low = ''] = /^(>=?)?([^]*)$/.exec(text.slice(0, dots)) ?? [];
  const [, below, high = ''] = /^(<=?)?([^]*)$/.exec(text.slice(dots + 2)) ?? [];
  return {
    from: isOpen(low) ? null : toLowerBound(read(low, true), above !== '>'),
    to: isOpen(high) ? null : toUpperBound(read(high, true), below !== '<'),
  };
}

function isOpen(end: string): boolean {
  return end.trim() === '' || end.trim() === '*';
}

function readComparison(text: string, read: ReadValue): Range {
  const [, sign, value = ''] = /^([<>]=?)?([^]*)$/.exec(text) ?? [];
  const span = read(value, sign !== undefined);
  if (sign === undefined) {
    const isInstant = span.precision === 'instant';
    return { from: { value: span.start, inclusive: true }, to: { value: span.end, inclusive: isInstant } };
  }
  if (sign.startsWith('>')) return { from: toLowerBound(span, sign === '>='), to: null };
  return { from: null, to: toUpperBound(span, sign === '<=') };
}

/** After a day means after its end. */
function toLowerBound(span: TimeSpan, inclusive: boolean): Bound {
  if (span.precision === 'day' && !inclusive) return { value: span.end, inclusive: true };
  return { value: span.start, inclusive };
}

/** Up to a day means up to its end. */
function toUpperBound(span: TimeSpan, inclusive: boolean): Bound {
  if (span.precision === 'day' && inclusive) return { value: span.end, inclusive: false };
  return { value: span.start, inclusive };
}

function isEmpty({ from, to }: Range): boolean {
  if (from === null || to === null) return false;
  return from.value > to.value || (from.value === to.value && !(from.inclusive && to.inclusive));
}

function readValue(field: RangeField, text: string, clock: Clock): TimeSpan | null {
  if (isOfKind(field, 'time')) return readTime(text, clock);
  const value = isOfKind(field, 'duration') ? readDuration(text) : readCount(text);
  return value === null ? null : { start: value, end: value, precision: 'instant' };
}

function readCount(text: string): number | null {
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

function expectedOf(field: RangeField): string[] {
  if (isOfKind(field, 'duration')) return ['a duration such as >30s, 1h30m or 500ms..2s'];
  if (isOfKind(field, 'count')) return ['a number such as 3, >=2 or 1..5'];
  return [
    'a time such as 2026-11-01, 2026-11-01T10:30 or "2026-11-01 10:30:15"',
    'a range such as 2026-11-01..2026-11-03',
    '>24h for the last 24 hours, <24h for before',
    'today or yesterday',
  ];
}
