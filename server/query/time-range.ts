import { timeFields, type Condition, type TimeField } from '../language/query.ts';

/** Epoch seconds; null: no bound. */
export interface TimeRange {
  from: number | null;
  to: number | null;
}

const always: TimeRange = { from: null, to: null };

/** Within which times a task that fits can have had `field`; wider than the truth where that is simpler. */
export function boundsOf(where: Condition | null, field: TimeField): TimeRange {
  switch (where?.kind) {
    case 'and':
      return where.parts.map((part) => boundsOf(part, field)).reduce(intersect, always);
    case 'or':
      return where.parts.length === 0 ? always : where.parts.map((part) => boundsOf(part, field)).reduce(span);
    case 'range':
      return where.field === field ? { from: where.from?.value ?? null, to: where.to?.value ?? null } : always;
    default:
      return always;
  }
}

/** The stretch of time that a query asks about, by whichever of a task's times it names. */
export function toTimeRange(where: Condition | null): TimeRange {
  const named = timeFields
    .map((field) => boundsOf(where, field))
    .filter(({ from, to }) => from !== null || to !== null);
  return named.length === 0 ? always : named.reduce(span);
}

function intersect(a: TimeRange, b: TimeRange): TimeRange {
  return { from: pick(a.from, b.from, Math.max), to: pick(a.to, b.to, Math.min) };
}

/** From the earlier beginning to the later end. */
function span(a: TimeRange, b: TimeRange): TimeRange {
  return {
    from: a.from === null || b.from === null ? null : Math.min(a.from, b.from),
    to: a.to === null || b.to === null ? null : Math.max(a.to, b.to),
  };
}

function pick(a: number | null, b: number | null, choose: (a: number, b: number) => number): number | null {
  if (a === null) return b;
  return b === null ? a : choose(a, b);
}
