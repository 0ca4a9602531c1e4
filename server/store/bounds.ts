import type { Task } from '../domain/task.ts';

/** Times that a set of tasks spans, for the record of their segment. */
export interface Bounds {
  newestTimestamp: number | null;
  newestReceived: number | null;
  oldest: number | null;
}

export function boundsOf(tasks: Iterable<Task>): Bounds {
  let newestTimestamp = -Infinity;
  let newestReceived = -Infinity;
  let oldest = Infinity;
  for (const { timestamp, received } of tasks) {
    if (timestamp > newestTimestamp) newestTimestamp = timestamp;
    if (received !== null && received > newestReceived) newestReceived = received;
    oldest = Math.min(oldest, received ?? timestamp);
  }
  return { newestTimestamp: finite(newestTimestamp), newestReceived: finite(newestReceived), oldest: finite(oldest) };
}

const finite = (time: number): number | null => (Number.isFinite(time) ? time : null);
