/** Which segments a question is for, as far as the catalog's bounds tell, so that the others are never opened. */
import type { Condition } from '../../language/query.ts';
import type { Segment } from '../../store/store.ts';
import type { Position, SearchSort } from '../search.ts';

interface Window {
  from: number;
  to: number;
}

const allTime: Window = { from: -Infinity, to: Infinity };

/** Those that may hold a task that fits, in the order given. */
export function chooseSegments(segments: readonly Segment[], where: Condition | null): Segment[] {
  const { from, to } = where ? receivedWithin(where) : allTime;
  return segments.filter((segment) => (segment.newestReceived ?? from) >= from && (segment.oldest ?? to) <= to);
}

/** Every task that fits was received within. */
function receivedWithin(where: Condition): Window {
  switch (where.kind) {
    case 'range':
      if (where.field !== 'received') return allTime;
      return { from: where.from?.value ?? -Infinity, to: where.to?.value ?? Infinity };
    case 'and':
      return where.parts
        .map(receivedWithin)
        .reduce((a, b) => ({ from: Math.max(a.from, b.from), to: Math.min(a.to, b.to) }), allTime);
    case 'or': {
      const windows = where.parts.map(receivedWithin);
      return { from: Math.min(...windows.map(({ from }) => from)), to: Math.max(...windows.map(({ to }) => to)) };
    }
    default:
      return allTime;
  }
}

/** The order in which a page's rows are looked for: a sort, or its reverse. */
export interface Direction {
  key: SearchSort['key'];
  /** From great values to small ones. */
  isFalling: boolean;
}

/** Whether the order of segments is by and large the tasks' own, so that the first segments may do. */
export const isByTime = ({ key }: Direction): boolean =>
  key === 'received' || key === 'timestamp' || key === 'started' || key === 'finished';

/** Whether all that a segment holds comes after `last`. */
export function isAfter(segment: Segment, last: Position, direction: Direction): boolean {
  if (typeof last.value !== 'number') return false;
  const { least, greatest } = boundsOf(segment, direction);
  return direction.isFalling ? greatest < last.value : least > last.value;
}

/** Whether all that a segment holds comes before `first`. */
export function isBefore(segment: Segment, first: Position, direction: Direction): boolean {
  if (typeof first.value !== 'number') return false;
  const { least, greatest } = boundsOf(segment, direction);
  return direction.isFalling ? least > first.value : greatest < first.value;
}

/** No bounds for values that a task may lack: rows without one are in every segment, at the end. */
function boundsOf(segment: Segment, { key }: Direction): { least: number; greatest: number } {
  if (key === 'received') {
    return { least: segment.oldest ?? -Infinity, greatest: segment.newestReceived ?? Infinity };
  }
  return { least: -Infinity, greatest: (key === 'timestamp' ? segment.newestTimestamp : null) ?? Infinity };
}
