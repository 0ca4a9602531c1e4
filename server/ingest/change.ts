import type { Task } from '../domain/task.ts';
import type { Worker } from '../domain/worker.ts';
import type { Committed } from './batch.ts';

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
}

/** A page shows some hundred rows; cloning every task of a large commit to the main thread would cost more than it shows. */
const maxTasks = 200;

export function toCommitChange(committed: Committed): CommitChange {
  const newestFirst = committed.tasks.toSorted((a, b) => b.timestamp - a.timestamp);
  return {
    tasks: newestFirst.slice(0, maxTasks),
    alsoChanged: newestFirst.slice(maxTasks).map((task) => task.uuid),
    workers: committed.workers,
    counts: committed.counts,
    tallies: committed.tallies,
  };
}
