/**
 * In: questions about tasks. Out: answers in the API's form, from all segments together. One body for both engines: it
 * never asks which one it runs on. Nothing here writes, and nothing holds more than a chunk of rows at a time.
 */
import type { TaskBody, TaskEventBody } from '../contract/tasks.ts';
import { toFullFields } from '../store/event-row.ts';
import { toIdKey } from '../store/id-key.ts';
import type { Segment, StoreReader } from '../store/store.ts';
import { taskColumns, toTask, type TaskRow } from '../store/task-row.ts';
import type { TaskQueries, TaskQuery } from './queries.ts';
import { findTaskKeys } from './task-keys.ts';
import { chunkSize, readTasks, toBodies } from './task-rows.ts';

/** Events of one moment, in the order in which a worker makes them. */
const precedence = ['sent', 'received', 'started', 'retried', 'rejected', 'revoked', 'failed', 'succeeded'];

export function openTaskQueries(store: StoreReader): TaskQueries {
  return {
    list: (query) => listTasks(store, query),
    find: (uuid) => findTask(store, uuid),
    events: (uuid) => listEvents(store, uuid),
    types: () => listTypes(store),
  };
}

async function* listTasks(store: StoreReader, query: TaskQuery): AsyncIterable<TaskBody[]> {
  const segments = await store.segments();
  const keys = await findTaskKeys(segments, query);
  for (let at = 0; at < keys.length; at += chunkSize) {
    const chunk = keys.slice(at, at + chunkSize);
    yield await readTasks(
      segments,
      chunk.map(({ segment, id }) => ({ segment: segment.id, id })),
    );
  }
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
  rows.sort((a, b) => a.at - b.at || precedence.indexOf(a.subject) - precedence.indexOf(b.subject));
  return rows.map(({ at, subject, clock, data, hostname, pid }) => ({
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

interface FoundRow {
  segment: Segment;
  row: TaskRow;
}

async function findRow(segments: Segment[], uuid: string): Promise<FoundRow | undefined> {
  const key = toIdKey(uuid);
  for (const segment of segments) {
    const row = await segment.db
      .selectFrom('tasks')
      .select(['id', ...taskColumns])
      .where('uuid', '=', key)
      .executeTakeFirst();
    if (row) return { segment, row };
  }
  return undefined;
}
