import type { CeleryEvent } from '../celery/event.ts';
import type { Task } from '../domain/task.ts';
import type { Worker } from '../domain/worker.ts';
import type { Committed, Reject } from './batch.ts';
import type { Batcher } from './batcher.ts';

/** As much of an event as pages are told when it comes; the rest stands on its task's page. */
export interface ToldEvent {
  type: string;
  /** Epoch seconds. */
  at: number;
  hostname: string;
  uuid: string | null;
}

/** What one commit changed, for the live pages. */
export interface CommitChange {
  /** The newest by timestamp, at most 200, newest first, as they are now. */
  tasks: Task[];
  /** The other tasks' uuids. */
  alsoChanged: string[];
  workers: Worker[];
  /** New events by hostname, then type. */
  counts: Committed['counts'];
  tallies: Committed['tallies'];
  /** How many events the batch had, and the last of them, at most 100, as they came. */
  events: { count: number; last: ToldEvent[] };
  /** How many messages and events were put aside; why, the last of them, and whose it was. */
  rejects: { count: number; last: Pick<Reject, 'reason' | 'broker'> | null };
}

/** A page shows some hundred rows; cloning every task of a large commit to the main thread would cost more than it shows. */
const maxTasks = 200;
const maxEvents = 100;

/** `batcher`: what the commit was made of; `refusals`: what of it the store would not take. */
export function toCommitChange(
  committed: Committed,
  { events, batch, rejected }: Pick<Batcher, 'events' | 'batch' | 'rejected'>,
  refusals: readonly Reject[],
): CommitChange {
  const newestFirst = committed.tasks.toSorted((a, b) => b.timestamp - a.timestamp);
  const last = refusals.at(-1) ?? batch.rejects.at(-1);
  return {
    tasks: newestFirst.slice(0, maxTasks),
    alsoChanged: newestFirst.slice(maxTasks).map((task) => task.uuid),
    workers: committed.workers,
    counts: committed.counts,
    tallies: committed.tallies,
    events: { count: events.length, last: events.slice(-maxEvents).map(toTold) },
    rejects: { count: rejected + refusals.length, last: last ? { reason: last.reason, broker: last.broker } : null },
  };
}

function toTold({ type, timestamp: at, hostname, uuid }: CeleryEvent): ToldEvent {
  return { type, at, hostname, uuid: uuid ?? null };
}
