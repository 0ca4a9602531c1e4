/**
 * In: events of tasks that are new to the store, and what they made of the tasks. Out: what metrics are made of, by
 * sender and name of the task: numbers, few enough to be told from thread to thread for each commit.
 */
import type { TaskEvent } from '../celery/event.ts';
import { toNumber } from './fields.ts';
import { isInferred } from './inferred.ts';
import type { Task } from './task.ts';

/** What is new of the tasks of one name at one sender. */
export interface TaskTally {
  worker: string;
  /** Empty while it is not known. */
  task: string;
  /** Events by type. */
  events: Map<string, number>;
  /** Seconds, one a run that succeeded. */
  runtimes: number[];
  /** How many more tasks without an ETA the worker has received and not begun. */
  prefetched: number;
  /** Seconds that the last task without an ETA waited at the worker for its start; 0 once it ended; null: no news. */
  waitedS: number | null;
}

/** Names come from the wire; those that metrics are kept by have an end. */
const longestLabel = 256;

export class TaskTallies {
  /** By both labels, which have no NUL. */
  readonly #tallies = new Map<string, TaskTally>();
  /** The same by sender and name as they are, of which several may have one label: to make labels takes longer. */
  readonly #found = new Map<string | null, Map<string | null, TaskTally>>();

  /** `task`: as it is now, with this event. */
  addEvent(event: TaskEvent, task: Task): void {
    if (isInferred(event)) return;
    const tally = this.#at(event.hostname, task.name);
    const type = tally.events.has(event.type) ? event.type : toLabel(event.type);
    tally.events.set(type, (tally.events.get(type) ?? 0) + 1);
    const runtime = toNumber(event['runtime']);
    if (event.type === 'task-succeeded' && runtime !== null && runtime >= 0) tally.runtimes.push(runtime);
    if (task.eta !== null || task.started === null || task.received === null) return;
    if (event.type === 'task-started') tally.waitedS = Math.max(0, task.started - task.received);
    else if (event.type === 'task-succeeded' || event.type === 'task-failed') tally.waitedS = 0;
  }

  /** Once a task and commit; `before`: undefined for a new one. */
  addChange(before: Task | undefined, after: Task): void {
    if (before && isPrefetched(before)) this.#at(before.worker, before.name).prefetched--;
    if (isPrefetched(after)) this.#at(after.worker, after.name).prefetched++;
  }

  list(): TaskTally[] {
    return [...this.#tallies.values()];
  }

  #at(hostname: string | null, name: string | null): TaskTally {
    let byName = this.#found.get(hostname);
    if (!byName) this.#found.set(hostname, (byName = new Map<string | null, TaskTally>()));
    let tally = byName.get(name);
    if (!tally) byName.set(name, (tally = this.#open(toLabel(hostname ?? ''), toLabel(name ?? ''))));
    return tally;
  }

  #open(worker: string, task: string): TaskTally {
    const key = `${worker}\0${task}`;
    let tally = this.#tallies.get(key);
    if (!tally) this.#tallies.set(key, (tally = emptyTally(worker, task)));
    return tally;
  }
}

/** A worker has it, and has not begun it; one with an ETA waits for that, and not for the worker. */
function isPrefetched(task: Task): boolean {
  return task.state === 'RECEIVED' && task.eta === null && task.worker !== null;
}

function emptyTally(worker: string, task: string): TaskTally {
  return { worker, task, events: new Map(), runtimes: [], prefetched: 0, waitedS: null };
}

/** Text that every store and every reader of metrics takes. */
function toLabel(text: string): string {
  return text.slice(0, longestLabel).replace(/[\0\p{Surrogate}]/gu, '\ufffd');
}
