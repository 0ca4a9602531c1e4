import type { TaskBody } from '../../../server/contract/tasks.ts';
import { matches, type TaskFilter } from './task-filter.ts';

type Rows = readonly TaskBody[];

const at = (task: TaskBody) => task.timestamp ?? 0;

/**
 * `GET api/tasks` answers one object in order, but JavaScript moves keys that look like whole numbers ("4711") to the front:
 * the order is made anew. Newest first.
 */
export function toRows(body: Record<string, TaskBody>): TaskBody[] {
  return Object.values(body).sort((a, b) => at(b) - at(a));
}

/** A next page below; what is there already stays where it is. */
export function appendRows(rows: Rows, next: Rows): Rows {
  const known = new Set(rows.map((row) => row.uuid));
  return [...rows, ...next.filter((row) => !known.has(row.uuid))];
}

/** Known rows as they are now, each in its place: a row that moves is a row one misses with the pointer. */
export function updateRows(rows: Rows, changes: Rows): Rows {
  const changed = new Map(changes.map((task) => [task.uuid, task]));
  return rows.some((row) => changed.has(row.uuid)) ? rows.map((row) => changed.get(row.uuid) ?? row) : rows;
}

/**
 * Those of `changes` that belong on the list and are not on it. What is older than the list's last row belongs to a page
 * that has not been asked for (`hasMore`).
 */
export function findNew(rows: Rows, changes: Rows, filter: TaskFilter, hasMore: boolean): TaskBody[] {
  const known = new Set(rows.map((row) => row.uuid));
  const last = rows.at(-1);
  const floor = hasMore && last ? at(last) : -Infinity;
  return changes.filter((task) => !known.has(task.uuid) && at(task) >= floor && matches(filter, task));
}

/** New rows on top, at most `limit` in all. */
export function insertRows(rows: Rows, fresh: Rows, limit: number): Rows {
  const sorted = [...fresh].sort((a, b) => at(b) - at(a));
  return [...sorted, ...rows].slice(0, limit);
}
