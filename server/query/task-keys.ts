import type { ExpressionBuilder, SelectQueryBuilder } from 'kysely';
import type { Segment } from '../store/store.ts';
import type { SegmentTables } from '../store/tables.ts';
import type { TaskQuery } from './queries.ts';

/** Where a task's row is, and what it is sorted by. */
export interface TaskKey {
  segment: Segment;
  id: number;
  key: string | number | null;
  received: number | null;
}

type Sort = { column: 'timestamp' | 'name' | 'state' | 'received' | 'started'; descending: boolean };
type Tasks = SelectQueryBuilder<SegmentTables, 'tasks', object>;

/**
 * The keys of the tasks asked for, in order, from the first to the last of the page. Keys only: a page deep in a long
 * list costs a few bytes for each task before it, not its row. Segments are asked newest first, and no further once
 * nothing older can reach the page.
 */
export async function findTaskKeys(segments: Segment[], query: TaskQuery): Promise<TaskKey[]> {
  const sort: Sort = query.sort
    ? { column: query.sort.key, descending: query.sort.descending }
    : { column: 'timestamp', descending: true };
  const wanted = query.offset + query.limit;
  if (query.limit === 0) return [];
  let keys: TaskKey[] = [];
  for (const segment of segments) {
    if (keys.length === wanted && isBeyond(segment, keys.at(-1)!, sort)) continue;
    keys = mergeKeys(keys, await keysOf(segment, query, sort, wanted), sort).slice(0, wanted);
  }
  return keys.slice(query.offset);
}

/** Whether all that a segment holds sorts after `last`. */
function isBeyond(segment: Segment, last: TaskKey, sort: Sort): boolean {
  if (!sort.descending || last.key === null) return false;
  if (sort.column === 'timestamp')
    return segment.newestTimestamp !== null && segment.newestTimestamp < Number(last.key);
  if (sort.column === 'received') return segment.newestReceived !== null && segment.newestReceived < Number(last.key);
  return false;
}

async function keysOf(segment: Segment, query: TaskQuery, sort: Sort, limit: number): Promise<TaskKey[]> {
  const direction = sort.descending ? 'desc' : 'asc';
  let select = withFilters(segment.db.selectFrom('tasks'), query)
    .select(['id', `${sort.column} as key`, 'received'])
    .orderBy(sort.column, (order) => (sort.descending ? order.desc().nullsLast() : order.asc().nullsFirst()));
  if (sort.column === 'name' || sort.column === 'state') {
    // The index on it goes on with `received`.
    select = select.orderBy('received', (order) =>
      sort.descending ? order.desc().nullsLast() : order.asc().nullsFirst(),
    );
  }
  const rows = await select.orderBy('id', direction).limit(limit).execute();
  return rows.map((row) => ({ segment, ...row }));
}

function withFilters(tasks: Tasks, query: TaskQuery): Tasks {
  const conditions = (eb: ExpressionBuilder<SegmentTables, 'tasks'>) =>
    eb.and([
      ...(query.worker === undefined ? [] : [eb('worker', '=', query.worker)]),
      ...(query.name === undefined ? [] : [eb('name', '=', query.name)]),
      ...(query.state === undefined ? [] : [eb('state', '=', query.state)]),
      ...(query.receivedFrom === undefined ? [] : [eb('received', '>=', query.receivedFrom)]),
      ...(query.receivedTo === undefined ? [] : [eb('received', '<=', query.receivedTo)]),
      ...(query.startedFrom === undefined ? [] : [eb('started', '>=', query.startedFrom)]),
      ...(query.startedTo === undefined ? [] : [eb('started', '<=', query.startedTo)]),
    ]);
  return tasks.where(conditions);
}

function mergeKeys(a: TaskKey[], b: TaskKey[], sort: Sort): TaskKey[] {
  if (a.length === 0) return b;
  const sign = sort.descending ? -1 : 1;
  return [...a, ...b].sort((left, right) => sign * compareKeys(left, right));
}

/** Null first, as the engines are told to sort; text by its bytes. */
function compareKeys(a: TaskKey, b: TaskKey): number {
  return (
    compareValues(a.key, b.key) || compareValues(a.received, b.received) || a.segment.id - b.segment.id || a.id - b.id
  );
}

function compareValues(a: TaskKey['key'], b: TaskKey['key']): number {
  if (a === b) return 0;
  if (a === null) return -1;
  if (b === null) return 1;
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : 1;
}
