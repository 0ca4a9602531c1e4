/** Rows of tasks, wherever they are, in the API's form. */
import type { TaskBody } from '../contract/tasks.ts';
import { fromIdKey, toIdKey } from '../store/id-key.ts';
import type { Segment } from '../store/store.ts';
import { taskColumns, toTask, type TaskRow } from '../store/task-row.ts';
import { toTaskBody } from './task-body.ts';

/** Rows read, and handed on, at a time: about 1 MB. */
export const chunkSize = 500;

/** Where a row is. */
export interface RowPlace {
  /** Of the segment. */
  segment: number;
  id: number;
}

/** The tasks at these places, at most {@link chunkSize}, in their order; one that was taken away meanwhile is left out. */
export async function readTasks(segments: readonly Segment[], places: readonly RowPlace[]): Promise<TaskBody[]> {
  const idsBySegment = new Map<number, number[]>();
  for (const { segment, id } of places) {
    const ids = idsBySegment.get(segment);
    if (ids) ids.push(id);
    else idsBySegment.set(segment, [id]);
  }
  const found = new Map<string, TaskRow>();
  const reads = segments.map(async (segment) => {
    const ids = idsBySegment.get(segment.id);
    if (!ids) return;
    for (const row of await readRows(segment, ids)) found.set(`${segment.id} ${row.id}`, row);
  });
  await Promise.all(reads);
  const rows = places.map(({ segment, id }) => found.get(`${segment} ${id}`)).filter((row) => row !== undefined);
  return toBodies(segments, rows);
}

function readRows({ db }: Segment, ids: readonly number[]): Promise<TaskRow[]> {
  return db
    .selectFrom('tasks')
    .select(['id', ...taskColumns])
    .where('id', 'in', ids)
    .execute();
}

export async function toBodies(segments: readonly Segment[], rows: readonly TaskRow[]): Promise<TaskBody[]> {
  const tasks = rows.map(toTask);
  const children = await findChildren(
    segments,
    rows.map((row) => row.uuid),
  );
  return tasks.map((task) => toTaskBody(task, children.get(task.uuid) ?? []));
}

/** Ids of the tasks that these tasks called, by caller. A retried task, its own parent to Celery, is not its child. */
async function findChildren(segments: readonly Segment[], parents: Uint8Array[]): Promise<Map<string, string[]>> {
  const children = new Map<string, string[]>();
  if (parents.length === 0) return children;
  const keys = parents.map((key) => Buffer.from(key));
  const found = await Promise.all(
    segments.map(({ db }) =>
      db.selectFrom('tasks').select(['uuid', 'parent_id']).where('parent_id', 'in', keys).orderBy('id').execute(),
    ),
  );
  for (const row of found.flat()) {
    const parent = fromIdKey(row.parent_id!);
    const known = children.get(parent);
    if (known) known.push(fromIdKey(row.uuid));
    else children.set(parent, [fromIdKey(row.uuid)]);
  }
  return children;
}

export interface FoundRow {
  segment: Segment;
  row: TaskRow;
}

export async function findRow(segments: readonly Segment[], uuid: string): Promise<FoundRow | undefined> {
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
