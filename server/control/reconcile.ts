/**
 * What follows for tasks whose end was not seen.
 *
 * In: those tasks, what workers say when asked, what the result backend keeps, who is silent. Out: events of our own,
 * `task-inferred`, one a task at most, and only where one teaches something. Pure. A task that nobody received may wait
 * in its queue, and one that a living worker does not mention may just be between two events: nothing follows for them.
 */
import type { TaskInfo } from '../celery/inspect-reply.ts';
import type { TaskResult } from '../celery/task-result.ts';
import type { TaskEvent } from '../celery/event.ts';

/** A task as reconciliation needs it. Times are epoch seconds. */
export interface OpenTask {
  uuid: string;
  state: string;
  /** When what decided its state happened. */
  timestamp: number;
  worker: string | null;
  isNamed: boolean;
  isDescribed: boolean;
}

/** Where a worker has a task. */
export interface Sighting {
  source: 'active' | 'reserved' | 'scheduled';
  hostname: string;
  task: TaskInfo;
}

/** What workers answered. */
export interface Sightings {
  /** By id. A task that two workers have is where it runs. */
  tasks: ReadonlyMap<string, Sighting>;
  revoked: ReadonlySet<string>;
  /** Who said all that there is to say of its tasks, and since when its process lives; null: it could not tell. */
  complete: ReadonlyMap<string, number | null>;
  /** Who answered at all. */
  answered: ReadonlySet<string>;
}

export interface Knowledge {
  sightings: Sightings;
  /** By id; null: they could not be read, so that nothing follows from a missing one. */
  results: ReadonlyMap<string, TaskResult> | null;
  /** Whether a worker has been silent for so long that it counts as gone. */
  isSilent: (hostname: string) => boolean;
  /** Epoch seconds. */
  now: number;
}

/** The sender of our own events: see `domain/inferred.ts`. */
const ownHostname = 'herbarium';
const ends: ReadonlySet<string> = new Set(['SUCCESS', 'FAILURE', 'REVOKED']);
/** No worker has these: their message is on its way. */
const waiting: ReadonlySet<string> = new Set(['PENDING', 'RETRY', 'REJECTED']);
/** The clocks of a worker's machine and ours may differ by so much, when we compare a task with its process' birth. */
const skewS = 2;

/** What is learnt of tasks that are in the store; of those that have ended, nothing. */
export function reconcile(tasks: readonly OpenTask[], knowledge: Knowledge): TaskEvent[] {
  return tasks.flatMap((task) => (ends.has(task.state) ? [] : (learn(task, knowledge) ?? [])));
}

/** What is learnt of tasks that are not in the store. */
export function introduce(sightings: readonly Sighting[], now: number): TaskEvent[] {
  return sightings.map((sighting) => toSighted(sighting, now));
}

/** The first of these rules that applies. */
function learn(task: OpenTask, { sightings, results, isSilent, now }: Knowledge): TaskEvent | null {
  // Later than all that is known of it, though its worker's clock may be ahead of ours.
  const at = Math.max(now, task.timestamp + 0.001);
  const sighting = sightings.tasks.get(task.uuid);
  if (sighting) return teaches(sighting, task) ? toSighted(sighting, at) : null;
  const result = results?.get(task.uuid);
  if (result && ends.has(result.status)) return toResult(task.uuid, result, now);
  if (waiting.has(task.state) || task.worker === null) return null;
  const isGone = isGoneFrom(task, task.worker, sightings, isSilent);
  if (sightings.revoked.has(task.uuid) && (isGone || sightings.complete.has(task.worker))) {
    return toEvent(task.uuid, 'revoked', at, {});
  }
  if (isGone && results !== null && task.state !== 'LOST') return toEvent(task.uuid, 'lost', at, {});
  return null;
}

/** Whether the process that had the task is no more: nothing is heard of it, or another one has its name. */
function isGoneFrom(task: OpenTask, worker: string, sightings: Sightings, isSilent: Knowledge['isSilent']): boolean {
  if (!sightings.answered.has(worker)) return isSilent(worker);
  const bornAt = sightings.complete.get(worker) ?? null;
  return bornAt !== null && task.timestamp < bornAt - skewS;
}

function teaches({ source, task: seen }: Sighting, task: OpenTask): boolean {
  if (waiting.has(task.state) || task.state === 'LOST') return true;
  if (source === 'active' && task.state === 'RECEIVED') return true;
  return (!task.isNamed && seen.name !== null) || (!task.isDescribed && seen.args !== null);
}

function toSighted({ source, hostname, task }: Sighting, at: number): TaskEvent {
  const { name, args, kwargs, eta, exchange, routingKey, startedAt } = task;
  const state = source === 'active' ? 'STARTED' : 'RECEIVED';
  const told = { name, args, kwargs, eta, exchange, routing_key: routingKey, started: startedAt, worker: hostname };
  return toEvent(task.id, source, at, { state, ...told });
}

function toResult(uuid: string, result: TaskResult, now: number): TaskEvent {
  const { status, doneAt, name, worker, retries, exception, traceback, routingKey } = result;
  const told = { result: result.result, exception, traceback, name, worker, retries, routing_key: routingKey };
  return toEvent(uuid, 'result', doneAt ?? now, { state: status, ...told });
}

const statesBySource: Readonly<Record<string, string>> = { revoked: 'REVOKED', lost: 'LOST' };

/** With the fields that say something. */
function toEvent(uuid: string, source: string, timestamp: number, fields: Record<string, unknown>): TaskEvent {
  const told = Object.entries({ state: statesBySource[source], ...fields }).filter(
    ([, value]) => value !== null && value !== undefined,
  );
  return {
    type: 'task-inferred',
    uuid,
    hostname: ownHostname,
    timestamp,
    clock: null,
    source,
    ...Object.fromEntries(told),
  };
}
