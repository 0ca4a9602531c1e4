import type { TaskBody } from '../../../server/contract/tasks.ts';

/** Which tasks a page shows; null: all. It lives in the page's address, nowhere else. */
export interface TaskFilter {
  state: string | null;
  name: string | null;
  worker: string | null;
}

export const noFilter: TaskFilter = { state: null, name: null, worker: null };

export function readTaskFilter(query: URLSearchParams): TaskFilter {
  const read = (key: string) => query.get(key)?.trim() || null;
  const state = read('state')?.toUpperCase() ?? null;
  return { state: state === 'ALL' ? null : state, name: read('name'), worker: read('worker') };
}

/** The query of the page's address; empty when there is no filter. */
export function toPageQuery(filter: Partial<TaskFilter>, live = true): URLSearchParams {
  const query = new URLSearchParams();
  if (filter.state) query.set('state', filter.state);
  if (filter.name) query.set('name', filter.name);
  if (filter.worker) query.set('worker', filter.worker);
  if (!live) query.set('live', 'off');
  return query;
}

/** The query of `GET api/tasks`. */
export function toApiQuery(filter: TaskFilter, limit: number, offset: number): URLSearchParams {
  const query = new URLSearchParams({ limit: String(limit), offset: String(offset) });
  if (filter.state) query.set('state', filter.state);
  if (filter.name) query.set('taskname', filter.name);
  if (filter.worker) query.set('workername', filter.worker);
  return query;
}

export function isFiltered(filter: TaskFilter): boolean {
  return filter.state !== null || filter.name !== null || filter.worker !== null;
}

export function isSameFilter(a: TaskFilter, b: TaskFilter): boolean {
  return a.state === b.state && a.name === b.name && a.worker === b.worker;
}

/** The server's rule, for tasks that arrive by themselves. */
export function matches(filter: TaskFilter, task: TaskBody): boolean {
  return (
    (filter.state === null || task.state === filter.state) &&
    (filter.name === null || task.name === filter.name) &&
    (filter.worker === null || task.worker === filter.worker)
  );
}
