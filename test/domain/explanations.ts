/**
 * What each named difference from Celery can explain: a mismatch of one field, given the events behind it in their order
 * of arrival. A predicate must recognise both sides, Celery's value and ours, and not merely the field.
 */
import { isDeepStrictEqual } from 'node:util';
import type { DifferenceId } from '../../server/domain/differences.ts';
import type { Task } from '../../server/domain/task.ts';
import type { Worker } from '../../server/domain/worker.ts';
import type { Arrival } from '../helpers/recorded-state.ts';

interface Mismatch {
  /** Celery's name of the field. */
  readonly field: string;
  readonly ours: unknown;
  readonly celery: unknown;
  /** The events that speak of this task or worker, in order of arrival. */
  readonly arrivals: readonly Arrival[];
}

export interface TaskMismatch extends Mismatch {
  readonly task: Task;
  readonly recorded: Record<string, unknown>;
}

export interface WorkerMismatch extends Mismatch {
  readonly worker: Worker;
}

type Explanations<M> = Partial<Record<DifferenceId, (mismatch: M) => boolean>>;

const timeFields = new Set('sent received started succeeded failed retried revoked rejected'.split(' '));
const messageFields = new Set('name args kwargs eta expires root_id parent_id'.split(' '));
const latestFields = new Set([
  ...timeFields,
  ...messageFields,
  ...'client exchange routing_key worker result runtime exception traceback'.split(' '),
]);
const ends = new Set<unknown>(['SUCCESS', 'FAILURE', 'REVOKED']);

export const taskExplanations: Explanations<TaskMismatch> = {
  'real-timestamps': ({ field, ours, celery, task, recorded, arrivals }) =>
    (timeFields.has(field) || (field === 'timestamp' && task.state === recorded.state)) &&
    arrivals.some(({ event, celeryTimestamp }) => event.timestamp === ours && celeryTimestamp === celery),

  'latest-by-time': ({ field, ours, celery, arrivals }) => {
    const carriers = arrivals.filter((arrival) => carries(arrival, field));
    const last = carriers.at(-1);
    return (
      latestFields.has(field) &&
      last !== undefined &&
      !isLateSent(last, field, carriers) &&
      celeryValue(last, field) === celery &&
      carriers.some((other) => ourValue(other, field) === ours && other.event.timestamp > last.event.timestamp)
    );
  },

  'received-over-sent': ({ field, ours, celery, arrivals }) => {
    const carriers = arrivals.filter((arrival) => carries(arrival, field));
    const last = carriers.at(-1);
    return (
      last !== undefined &&
      isLateSent(last, field, carriers) &&
      celeryValue(last, field) === celery &&
      carriers.some((other) => other.event.type === 'task-received' && ourValue(other, field) === ours)
    );
  },

  'highest-retries': ({ field, ours, celery, arrivals }) => {
    const told = arrivals.filter((arrival) => carries(arrival, field)).map(({ event }) => event.retries as number);
    return field === 'retries' && told.at(-1) === celery && Math.max(...told) === ours;
  },

  'ends-stay': ({ field, task, recorded, arrivals }) => {
    const end = arrivals.findIndex(({ event }) => /^task-(succeeded|failed|revoked)$/.test(event.type));
    const retry = arrivals.findLastIndex(({ event }) => event.type === 'task-retried');
    return (
      (field === 'state' || field === 'timestamp') && ends.has(task.state) && !ends.has(recorded.state) && retry > end
    );
  },

  'rejection-closes-run': ({ field, task, recorded }) =>
    (field === 'state' || field === 'timestamp') &&
    task.state === 'REJECTED' &&
    (recorded.state === 'STARTED' || recorded.state === 'RECEIVED'),

  'timestamp-of-state': ({ field, ours, celery, task, recorded, arrivals }) =>
    field === 'timestamp' &&
    task.state === recorded.state &&
    ours === task.timestamp &&
    arrivals.some(({ event, celeryTimestamp }) => celeryTimestamp === celery && event.timestamp !== ours),

  'highest-clock': ({ field, ours, celery, arrivals }) =>
    field === 'clock' &&
    ours === Math.max(...arrivals.map(({ event }) => event.clock ?? 0)) &&
    arrivals.some(({ celeryClock }) => celeryClock === celery),
};

export const workerExplanations: Explanations<WorkerMismatch> = {
  'worker-by-time': ({ field, ours, celery, arrivals }) => {
    const carriers = arrivals.filter(
      ({ event }) => /^worker-(online|heartbeat|offline)$/.test(event.type) && field in event,
    );
    const last = carriers.at(-1);
    return (
      last !== undefined &&
      isDeepStrictEqual(last.event[field], celery) &&
      carriers.some(({ event }) => isDeepStrictEqual(event[field], ours) && event.timestamp > last.event.timestamp)
    );
  },

  'elections-say-nothing': ({ field, celery, arrivals }) => {
    const last = arrivals.findLast(({ event }) => event.type.startsWith('worker-'));
    return (
      (field === 'pid' || field === 'clock') &&
      last !== undefined &&
      /^worker-elect(-ack)?$/.test(last.event.type) &&
      last.event[field] === celery
    );
  },

  'stop-stays': ({ field, ours, worker }) => {
    const isStopped = worker.offlineAt !== null && worker.offlineAt >= (worker.eventAt ?? 0);
    return field.startsWith('alive at') && ours === !isStopped;
  },
};

/** Whether Celery takes this field of a task from this event. */
function carries({ event }: Arrival, field: string): boolean {
  if (timeFields.has(field)) return event.type === `task-${field}`;
  if (field === 'client') return event.type === 'task-sent';
  if (field === 'worker') return event.type !== 'task-sent';
  return field in event;
}

/** Whether Celery's last word on the message is a `task-sent`, though it has been received. */
function isLateSent(last: Arrival, field: string, carriers: readonly Arrival[]): boolean {
  return (
    messageFields.has(field) &&
    last.event.type === 'task-sent' &&
    carriers.some(({ event }) => event.type === 'task-received')
  );
}

function ourValue({ event }: Arrival, field: string): unknown {
  if (timeFields.has(field)) return event.timestamp;
  return field === 'client' || field === 'worker' ? event.hostname : event[field];
}

function celeryValue(arrival: Arrival, field: string): unknown {
  return timeFields.has(field) ? arrival.celeryTimestamp : ourValue(arrival, field);
}
