import type { Sort } from '../../../server/language/query.ts';
import type { TaskBody } from '../../../server/contract/tasks.ts';

type Rows = readonly TaskBody[];

/** When a task counts as received, epoch seconds: the usual order is by it. One that no worker has received yet was sent. */
export const receivedAt = (task: TaskBody) => task.received ?? task.sent ?? task.timestamp ?? 0;

/** The usual order, in which what is new is on top. */
export function isNewestFirst({ key, descending }: Sort): boolean {
  return key === 'received' && descending;
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
 * Those of `changes` that are not on the list. What is older than the list's last row belongs to a page
 * that has not been asked for (`hasMore`).
 */
export function findNew(rows: Rows, changes: Rows, hasMore: boolean): TaskBody[] {
  const known = new Set(rows.map((row) => row.uuid));
  const last = rows.at(-1);
  const floor = hasMore && last ? receivedAt(last) : -Infinity;
  return changes.filter((task) => !known.has(task.uuid) && receivedAt(task) >= floor);
}

/** New rows on top, at most `limit` in all. */
export function insertRows(rows: Rows, fresh: Rows, limit: number): Rows {
  const sorted = [...fresh].sort((a, b) => receivedAt(b) - receivedAt(a));
  return [...sorted, ...rows].slice(0, limit);
}
