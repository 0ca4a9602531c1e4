/**
 * In: a task's id. Out: the tasks that belong to it, each once: those it came from, those it called, and what else its
 * root led to, up to a limit. By indexes alone, and through no loop: to Celery a retried task is its own parent.
 */
import { sql } from 'kysely';
import { hasRoot } from '../store/indexed-conditions.ts';
import { fromIdKey, toIdKey } from '../store/id-key.ts';
import type { Segment } from '../store/store.ts';
import { taskColumns, toTask, type TaskRow } from '../store/task-row.ts';
import type { Workflow } from './queries.ts';
import { toTaskBody } from './task-body.ts';
import { findRow } from './task-rows.ts';

/** More than anybody looks at one by one. */
const mostTasks = 300;
/** A chain has one for each of its steps. */
const mostAncestors = 100;

export async function readWorkflow(
  segments: readonly Segment[],
  uuid: string,
  most: number = mostTasks,
): Promise<Workflow | undefined> {
  const own = await findRow(segments, uuid);
  if (!own) return undefined;
  const found = new Map([[uuid, own.row]]);
  await addAncestors(segments, own.row, found);
  const root = toTask(own.row).rootId ?? uuid;
  if (!found.has(root)) {
    const row = (await findRow(segments, root))?.row;
    if (row) found.set(root, row);
  }
  // Its own children first: when there is no room for all, they are what the question is about.
  const isCut = [
    addRows(found, await readRelated(segments, 'parent_id', uuid, most), most),
    addRows(found, await readRelated(segments, 'root_id', root, most), most),
  ];
  const tasks = [...found.values()].map((row) => toTaskBody(toTask(row), []));
  return { tasks, cut: isCut.includes(true) };
}

async function addAncestors(segments: readonly Segment[], own: TaskRow, found: Map<string, TaskRow>): Promise<void> {
  for (let row = own, n = 0; n < mostAncestors; n++) {
    const parent = toTask(row).parentId;
    if (parent === null || found.has(parent)) return;
    const above = await findRow(segments, parent);
    if (!above) return;
    row = above.row;
    found.set(parent, row);
  }
}

/** Oldest first; one more than `most` of each segment at most. */
async function readRelated(
  segments: readonly Segment[],
  column: 'parent_id' | 'root_id',
  uuid: string,
  most: number,
): Promise<TaskRow[]> {
  const key = toIdKey(uuid);
  const rows = await Promise.all(
    segments.map(({ db }) => {
      const query = db
        .selectFrom('tasks')
        .select(['id', ...taskColumns])
        .where(column, '=', key);
      const indexed = column === 'root_id' ? query.where(sql<boolean>`${sql.raw(hasRoot)}`) : query;
      return indexed
        .orderBy('id')
        .limit(most + 1)
        .execute();
    }),
  );
  const firstSeen = (row: TaskRow) => row.sent ?? row.received ?? row.timestamp;
  return rows.flat().sort((a, b) => firstSeen(a) - firstSeen(b));
}

/** Whether there was no room for all. */
function addRows(found: Map<string, TaskRow>, rows: readonly TaskRow[], most: number): boolean {
  for (const row of rows) {
    const uuid = fromIdKey(row.uuid);
    if (found.has(uuid)) continue;
    if (found.size >= most) return true;
    found.set(uuid, row);
  }
  return false;
}
