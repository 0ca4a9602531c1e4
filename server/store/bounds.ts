import { receivedAt } from '../domain/derived.ts';
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
  for (const task of tasks) {
    const received = receivedAt(task);
    if (task.timestamp > newestTimestamp) newestTimestamp = task.timestamp;
    if (received > newestReceived) newestReceived = received;
    if (received < oldest) oldest = received;
  }
  return { newestTimestamp: finite(newestTimestamp), newestReceived: finite(newestReceived), oldest: finite(oldest) };
}

const finite = (time: number): number | null => (Number.isFinite(time) ? time : null);
