/**
 * In: questions about tasks. Out: answers in the API's form, from all segments together. One body for both engines: it
 * never asks which one it runs on. Nothing here writes, and nothing holds more than a chunk of rows at a time.
 */
import type { TaskBody, TaskEventBody } from '../contract/tasks.ts';
import type { Condition } from '../language/query.ts';
import { fromSubjectCode, toFullFields } from '../store/event-row.ts';
import type { StoreReader } from '../store/store.ts';
import { toTask } from '../store/task-row.ts';
import type { TaskQueries, TaskQuery } from './queries.ts';
import { findRows } from './search/find-rows.ts';
import type { Filter } from './search/question.ts';
import { chunkSize, findRow, readTasks, toBodies } from './task-rows.ts';
import { readWorkflow } from './workflow.ts';

/** Events of one moment, in the order in which a worker makes them. */
const precedence = ['sent', 'received', 'started', 'retried', 'rejected', 'revoked', 'failed', 'succeeded'];

export function openTaskQueries(store: StoreReader): TaskQueries {
  return {
    list: (query) => listTasks(store, query),
    find: (uuid) => findTask(store, uuid),
    events: (uuid) => listEvents(store, uuid),
    workflow: async (uuid) => readWorkflow(await store.segments(), uuid),
    types: () => listTypes(store),
  };
}

/**
 * All places first, a few bytes each, and then the rows chunk by chunk: a list holds still while tasks change, and costs
 * little memory.
 */
async function* listTasks(store: StoreReader, query: TaskQuery): AsyncIterable<TaskBody[]> {
  const { sort = { key: 'timestamp', descending: true }, offset, limit } = query;
  if (limit === 0) return;
  const segments = await store.segments();
  const request = { where: toCondition(query), exact: toExact(query), sort, limit: offset + limit };
  const { places } = await findRows(segments, request, { deadlineMs: Infinity });
  for (let at = offset; at < places.length; at += chunkSize) {
    yield await readTasks(segments, places.slice(at, at + chunkSize));
  }
}

function toExact({ name, worker, state }: TaskQuery): Filter['exact'] {
  const values = { name, worker, state };
  return (['state', 'name', 'worker'] as const).flatMap((column) => {
    const value = values[column];
    return value === undefined ? [] : [{ column, value }];
  });
}

function toCondition(query: TaskQuery): Condition | null {
  const bound = (value: number | undefined) => (value === undefined ? null : { value, inclusive: true });
  const parts = [
    { field: 'received' as const, from: bound(query.receivedFrom), to: bound(query.receivedTo) },
    { field: 'started' as const, from: bound(query.startedFrom), to: bound(query.startedTo) },
  ].filter(({ from, to }) => from !== null || to !== null);
  return parts.length === 0 ? null : { kind: 'and', parts: parts.map((range) => ({ kind: 'range', ...range })) };
}

async function findTask(store: StoreReader, uuid: string): Promise<TaskBody | undefined> {
  const segments = await store.segments();
  const found = await findRow(segments, uuid);
  return found && (await toBodies(segments, [found.row]))[0];
}

async function listEvents(store: StoreReader, uuid: string): Promise<TaskEventBody[] | undefined> {
  const found = await findRow(await store.segments(), uuid);
  if (!found) return undefined;
  const task = toTask(found.row);
  const rows = await found.segment.db
    .selectFrom('task_events')
    .innerJoin('senders', 'senders.id', 'task_events.sender_id')
    .select(['at', 'subject', 'clock', 'data', 'hostname', 'pid'])
    .where('task_id', '=', found.row.id)
    .execute();
  const events = rows.map((row) => ({ ...row, subject: fromSubjectCode(row.subject) }));
  events.sort((a, b) => a.at - b.at || precedence.indexOf(a.subject) - precedence.indexOf(b.subject));
  return events.map(({ at, subject, clock, data, hostname, pid }) => ({
    type: `task-${subject}`,
    uuid,
    hostname,
    timestamp: at,
    clock,
    pid: pid || null,
    ...toFullFields(subject, data, task),
  }));
}

async function listTypes(store: StoreReader): Promise<string[]> {
  const rows = await store.catalog.selectFrom('task_names').select('name').orderBy('name').execute();
  return rows.map((row) => row.name);
}
