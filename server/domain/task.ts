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
import { compareErrors, compareMessages, compareSendings, compareSuccesses, workedAt } from './task-orders.ts';

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
      readSuccess(task, event);
      break;
    case 'failed':
    case 'retried':
      task[subject] = at;
      readError(task, event);
      break;
    default:
      task.customAt = at;
      task.customState = subject.toUpperCase();
  }
  return settle(task);
}

/** What is known of `task` and what `event` adds. `task` is the caller's alone: it may be changed, and be the answer. */
export function reduceTask(task: Task | undefined, event: TaskEvent): Task {
  if (task === undefined) return taskOf(event);
  return addNews(task, event) ? task : mergeTasks(task, taskOf(event));
}

/**
 * What nearly every event is: the first of its subject, and the last that its task's worker said. Of such a one a join
 * takes all there is, so it is written into the task itself: two new objects less. False: it takes a join to tell.
 */
function addNews(task: Task, event: TaskEvent): boolean {
  const at = toNumber(event.timestamp) ?? 0;
  if (task.inferred !== null || at <= workedAt(task)) return false;
  switch (event.type) {
    case 'task-received': {
      if (task.received !== null) return false;
      const { retries } = task;
      readMessage(task, event);
      task.retries = greatest(retries, task.retries);
      task.received = at;
      break;
    }
    case 'task-started':
      if (task.started !== null) return false;
      task.started = at;
      break;
    case 'task-succeeded':
      if (task.succeeded !== null) return false;
      task.succeeded = at;
      readSuccess(task, event);
      break;
    case 'task-failed':
      if (task.failed !== null) return false;
      task.failed = at;
      readError(task, event);
      break;
    default:
      return false;
  }
  task.worker = event.hostname;
  task.clock = Math.max(task.clock, toCount(event.clock) ?? 0);
  decideState(task);
  return true;
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

function readSuccess(task: Task, event: TaskEvent): void {
  task.result = toText(event.result);
  task.runtime = toNumber(event.runtime);
}

function readError(task: Task, event: TaskEvent): void {
  task.exception = toText(event.exception);
  task.traceback = toText(event.traceback);
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
