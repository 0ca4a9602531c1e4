import type { Selectable } from 'kysely';
import type { InferredFacts } from '../domain/inferred.ts';
import type { Task } from '../domain/task.ts';
import { fromIdKey, toIdKey } from './id-key.ts';
import type { SegmentTables } from './tables.ts';

export type Value = string | number | Buffer | null;

/** Every column of a task but its `id`, in the order in which they are bound. */
export const taskColumns = [
  'uuid',
  'name',
  'state',
  'timestamp',
  'sent',
  'received',
  'started',
  'succeeded',
  'failed',
  'retried',
  'revoked',
  'rejected',
  'custom_state',
  'custom_at',
  'runtime',
  'retries',
  'clock',
  'worker',
  'client',
  'queue',
  'exchange',
  'routing_key',
  'eta',
  'expires',
  'root_id',
  'parent_id',
  'inferred',
  'args',
  'kwargs',
  'result',
  'exception',
  'traceback',
] as const satisfies readonly (keyof SegmentTables['tasks'])[];

/** A row as it is read: its `id` and {@link taskColumns}. */
export type TaskRow = Pick<Selectable<SegmentTables['tasks']>, 'id' | (typeof taskColumns)[number]>;

/** Stands for "the task itself" in `root_id` (most tasks) and `parent_id` (retried ones): no bytes at all. */
const itself = Buffer.alloc(0);

/**
 * Text that either engine can hold: Postgres has no NUL character, so it becomes its visible sign (U+2400), and a lone
 * surrogate becomes U+FFFD, which is what UTF-8 would make of it.
 */
export function storableText(text: string): string {
  const visible = text.includes('\0') ? text.replaceAll('\0', '\u2400') : text;
  return visible.isWellFormed() ? visible : visible.toWellFormed();
}

function text(value: string | null): string | null {
  return value === null ? null : storableText(value);
}

/** A task as the values of {@link taskColumns}. */
export function toTaskValues(task: Task): Value[] {
  return [
    toIdKey(task.uuid),
    text(task.name),
    storableText(task.state),
    task.timestamp,
    task.sent,
    task.received,
    task.started,
    task.succeeded,
    task.failed,
    task.retried,
    task.revoked,
    task.rejected,
    text(task.customState),
    task.customAt,
    task.runtime,
    task.retries,
    task.clock,
    text(task.worker),
    text(task.client),
    text(task.queue),
    text(task.exchange),
    text(task.routingKey),
    text(task.eta),
    text(task.expires),
    toRelativeKey(task.rootId, task.uuid),
    toRelativeKey(task.parentId, task.uuid),
    // JSON escapes what no engine could hold.
    task.inferred && JSON.stringify(task.inferred),
    text(task.args),
    text(task.kwargs),
    text(task.result),
    text(task.exception),
    text(task.traceback),
  ];
}

/** The task a row holds. */
export function toTask(row: Omit<TaskRow, 'id'>): Task {
  const uuid = fromIdKey(row.uuid);
  return {
    uuid,
    name: row.name,
    state: row.state,
    timestamp: row.timestamp,
    sent: row.sent,
    received: row.received,
    started: row.started,
    succeeded: row.succeeded,
    failed: row.failed,
    retried: row.retried,
    revoked: row.revoked,
    rejected: row.rejected,
    customState: row.custom_state,
    customAt: row.custom_at,
    args: row.args,
    kwargs: row.kwargs,
    eta: row.eta,
    expires: row.expires,
    retries: row.retries,
    result: row.result,
    runtime: row.runtime,
    exception: row.exception,
    traceback: row.traceback,
    queue: row.queue,
    exchange: row.exchange,
    routingKey: row.routing_key,
    client: row.client,
    worker: row.worker,
    clock: row.clock,
    rootId: fromRelativeKey(row.root_id, uuid),
    parentId: fromRelativeKey(row.parent_id, uuid),
    inferred: row.inferred === null ? null : (JSON.parse(row.inferred) as InferredFacts),
  };
}

function toRelativeKey(id: string | null, self: string): Buffer | null {
  if (id === null) return null;
  return id === self ? itself : toIdKey(id);
}

/** Of `root_id` or `parent_id` of the task `self`. */
export function fromRelativeKey(key: Uint8Array | null, self: string): string | null {
  if (key === null) return null;
  return key.byteLength === 0 ? self : fromIdKey(key);
}
