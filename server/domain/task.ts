/**
 * In: the events of one task, in any order, any number of times. Out: the task they add up to.
 *
 * A task is the join (in the sense of a semilattice) of what each of its events says alone: `mergeTasks` does not care
 * about order, grouping or repetition, so lost, late and doubled events, and two monitors that each saw half, all lead
 * to the same stored task. It never reads a clock, and no event, however malformed, makes it throw. Where the outcome
 * differs from Celery's own (`celery.events.state`), differences.ts says so.
 */
import type { TaskEvent } from '../celery/event.ts';
import { compare, greatest, toCount, toNumber, toText } from './fields.ts';
import { addInferred, inferredOf, isInferred, mergeInferred, toObserved, type InferredFacts } from './inferred.ts';

/**
 * A task is what its events add up to. Times are epoch seconds by the senders' clocks; null: no such event was seen.
 * Where nothing was seen a field may hold what was inferred; `inferred` says so.
 */
export interface Task {
  readonly uuid: string;
  name: string | null;
  /** A state of Celery's, the subject of a custom event in upper case, or `LOST`: nobody runs it any more. */
  state: string;
  /** When the event that decided `state` was made. */
  timestamp: number;
  /** The latest event of each subject. */
  sent: number | null;
  received: number | null;
  started: number | null;
  succeeded: number | null;
  failed: number | null;
  retried: number | null;
  revoked: number | null;
  rejected: number | null;
  /** The latest custom state and its time. */
  customState: string | null;
  customAt: number | null;
  args: string | null;
  kwargs: string | null;
  /** ISO 8601, as sent. */
  eta: string | null;
  expires: string | null;
  retries: number | null;
  result: string | null;
  /** Seconds. */
  runtime: number | null;
  exception: string | null;
  traceback: string | null;
  queue: string | null;
  exchange: string | null;
  routingKey: string | null;
  /** Who sent it. */
  client: string | null;
  /** Who runs, or ran, it. */
  worker: string | null;
  clock: number;
  rootId: string | null;
  parentId: string | null;
  /** What was learnt in other ways than from events of workers; null: nothing. */
  inferred: InferredFacts | null;
}

/** What one event says, and nothing else. */
export function taskOf(event: TaskEvent): Task {
  const task = emptyTask(event);
  if (isInferred(event)) {
    task.inferred = inferredOf(event);
    return settle(task);
  }
  const at = toNumber(event.timestamp) ?? 0;
  const subject = event.type.slice('task-'.length);
  if (subject !== 'sent') task.worker = event.hostname;
  switch (subject) {
    case 'sent':
      task.sent = at;
      task.client = event.hostname;
      task.queue = toText(event.queue);
      task.exchange = toText(event.exchange);
      task.routingKey = toText(event.routing_key);
      readMessage(task, event);
      break;
    case 'received':
      task.received = at;
      readMessage(task, event);
      break;
    case 'started':
    case 'revoked':
    case 'rejected':
      task[subject] = at;
      break;
    case 'succeeded':
      task.succeeded = at;
      task.result = toText(event.result);
      task.runtime = toNumber(event.runtime);
      break;
    case 'failed':
    case 'retried':
      task[subject] = at;
      task.exception = toText(event.exception);
      task.traceback = toText(event.traceback);
      break;
    default:
      task.customAt = at;
      task.customState = subject.toUpperCase();
  }
  return settle(task);
}

/** A new task: what is known of `task` and what `event` adds. Neither argument is changed. */
export function reduceTask(task: Task | undefined, event: TaskEvent): Task {
  const told = taskOf(event);
  return task === undefined ? told : mergeTasks(task, told);
}

/**
 * What both know of one task (the same uuid), as a new task. Commutative, associative and idempotent.
 *
 * Each time is the latest of its subject. Fields that one event brings together stay together: the group comes whole
 * from the later event, and two events of one moment are told apart by the group's content.
 */
export function mergeTasks(first: Task, second: Task): Task {
  const a = toObserved(first);
  const b = toObserved(second);
  const message = compareMessages(a, b) < 0 ? b : a;
  const sending = compareSendings(a, b) < 0 ? b : a;
  const success = compareSuccesses(a, b) < 0 ? b : a;
  const error = compareErrors(a, b) < 0 ? b : a;
  const custom = (compare(a.customAt, b.customAt) || compare(a.customState, b.customState)) < 0 ? b : a;
  const run = (compare(workedAt(a), workedAt(b)) || compare(a.worker, b.worker)) < 0 ? b : a;
  return settle({
    uuid: a.uuid,
    name: message.name,
    state: 'PENDING',
    timestamp: 0,
    sent: greatest(a.sent, b.sent),
    received: greatest(a.received, b.received),
    started: greatest(a.started, b.started),
    succeeded: greatest(a.succeeded, b.succeeded),
    failed: greatest(a.failed, b.failed),
    retried: greatest(a.retried, b.retried),
    revoked: greatest(a.revoked, b.revoked),
    rejected: greatest(a.rejected, b.rejected),
    customState: custom.customState,
    customAt: custom.customAt,
    args: message.args,
    kwargs: message.kwargs,
    eta: message.eta,
    expires: message.expires,
    retries: greatest(a.retries, b.retries),
    result: success.result,
    runtime: success.runtime,
    exception: error.exception,
    traceback: error.traceback,
    queue: sending.queue,
    exchange: sending.exchange,
    routingKey: sending.routingKey,
    client: sending.client,
    worker: run.worker,
    clock: a.clock > b.clock ? a.clock : b.clock,
    rootId: message.rootId,
    parentId: message.parentId,
    inferred: mergeInferred(a.inferred, b.inferred),
  });
}

function emptyTask(event: TaskEvent): Task {
  return {
    uuid: event.uuid,
    name: null,
    state: 'PENDING',
    timestamp: 0,
    sent: null,
    received: null,
    started: null,
    succeeded: null,
    failed: null,
    retried: null,
    revoked: null,
    rejected: null,
    customState: null,
    customAt: null,
    args: null,
    kwargs: null,
    eta: null,
    expires: null,
    retries: null,
    result: null,
    runtime: null,
    exception: null,
    traceback: null,
    queue: null,
    exchange: null,
    routingKey: null,
    client: null,
    worker: null,
    clock: toCount(event.clock) ?? 0,
    rootId: null,
    parentId: null,
    inferred: null,
  };
}

/** From what was observed: the state, and then what was inferred. */
function settle(task: Task): Task {
  return addInferred(decideState(task));
}

/** What `task-sent` and `task-received` tell of the message itself. */
function readMessage(task: Task, event: TaskEvent): void {
  task.name = toText(event.name);
  task.args = toText(event.args);
  task.kwargs = toText(event.kwargs);
  task.eta = toText(event.eta);
  task.expires = toText(event.expires);
  task.retries = toCount(event.retries);
  task.rootId = toText(event.root_id);
  task.parentId = toText(event.parent_id);
}

/**
 * The state follows from the times alone. An end is an end: clocks of two workers may disagree, and a `task-retried`
 * that seems later must not hide a failure. Otherwise a retry or a rejection closes a run, and only what came after it
 * counts: within one run, more news beats less, whatever the clocks say.
 */
function decideState(task: Task): Task {
  if (task.succeeded !== null) return setState(task, 'SUCCESS', task.succeeded);
  if (task.failed !== null) return setState(task, 'FAILURE', task.failed);
  if (task.revoked !== null) return setState(task, 'REVOKED', task.revoked);
  const closed = greatest(task.retried, task.rejected);
  const isOpen = (at: number | null): at is number => at !== null && (closed === null || at > closed);
  if (task.customState !== null && isOpen(task.customAt)) return setState(task, task.customState, task.customAt);
  if (isOpen(task.started)) return setState(task, 'STARTED', task.started);
  if (isOpen(task.received)) return setState(task, 'RECEIVED', task.received);
  if (closed !== null) return setState(task, closed === task.retried ? 'RETRY' : 'REJECTED', closed);
  return setState(task, 'PENDING', task.sent ?? 0);
}

function setState(task: Task, state: string, timestamp: number): Task {
  task.state = state;
  task.timestamp = timestamp;
  return task;
}

/** A received message is the message as it runs; one that was only sent says what was meant to run. */
function compareMessages(a: Task, b: Task): number {
  return (
    compare(a.received, b.received) ||
    (a.received === null ? compare(a.sent, b.sent) : 0) ||
    compare(a.name, b.name) ||
    compare(a.args, b.args) ||
    compare(a.kwargs, b.kwargs) ||
    compare(a.eta, b.eta) ||
    compare(a.expires, b.expires) ||
    compare(a.rootId, b.rootId) ||
    compare(a.parentId, b.parentId)
  );
}

function compareSendings(a: Task, b: Task): number {
  return (
    compare(a.sent, b.sent) ||
    compare(a.client, b.client) ||
    compare(a.queue, b.queue) ||
    compare(a.exchange, b.exchange) ||
    compare(a.routingKey, b.routingKey)
  );
}

function compareSuccesses(a: Task, b: Task): number {
  return compare(a.succeeded, b.succeeded) || compare(a.result, b.result) || compare(a.runtime, b.runtime);
}

/** The error that ended the task; until it ends, the one it is retried for. */
function compareErrors(a: Task, b: Task): number {
  return (
    compare(a.failed, b.failed) ||
    (a.failed === null ? compare(a.retried, b.retried) : 0) ||
    compare(a.exception, b.exception) ||
    compare(a.traceback, b.traceback)
  );
}

/** When a worker last said something of it. */
function workedAt(task: Task): number {
  return Math.max(
    task.received ?? -Infinity,
    task.started ?? -Infinity,
    task.succeeded ?? -Infinity,
    task.failed ?? -Infinity,
    task.retried ?? -Infinity,
    task.revoked ?? -Infinity,
    task.rejected ?? -Infinity,
    task.customAt ?? -Infinity,
  );
}
