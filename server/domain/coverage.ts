/**
 * How many of its tasks we saw a worker's process begin.
 *
 * In: events. Out: what each says of its process in one minute. A heartbeat's `processed` and `task-started` count the
 * same thing: the worker does both at one moment (`celery.worker.request.Request.on_accepted` and `celery.worker.state`),
 * for every attempt of a retried task anew, and for no task that is revoked or expires before it begins.
 */
import type { CeleryEvent } from '../celery/event.ts';
import { toCount } from './fields.ts';

/** What is known of one process in one minute, by the process's clock. */
export interface CoverageNote {
  /** Epoch seconds / 60, whole. */
  minute: number;
  /** Tasks that we saw begin. */
  started: number;
  /** The highest number of tasks, since its own start, that the process said to have begun; null: it did not say. */
  processed: number | null;
}

/** The heartbeat that a worker sends on request has no `processed`. */
const countingTypes: readonly string[] = ['worker-online', 'worker-heartbeat', 'worker-offline'];

/** Empty for an event that says nothing of it. */
export function toCoverageNotes(event: CeleryEvent): CoverageNote[] {
  const minute = toMinute(event.timestamp);
  if (event.type === 'task-started') return [{ minute, started: 1, processed: null }];
  const processed = countingTypes.includes(event.type) ? toCount(event.processed) : null;
  if (processed === null) return [];
  // A process that has begun nothing yet had begun nothing in the minute before either. That note is where the counting
  // of its life starts: by itself, a minute's highest number does not tell whether the process was new.
  const before = processed === 0 ? [{ minute: minute - 1, started: 0, processed }] : [];
  return [...before, { minute, started: 0, processed }];
}

export function toMinute(timestamp: number): number {
  return Math.floor(timestamp / 60);
}
