/**
 * In: the parameters of Flower's list of tasks with a search among them. Out: the tasks that fit all of them, in Flower's
 * order, page by page. Names, workers and states compare as in the list without a search: exactly.
 */
import type { TaskBody } from '../contract/tasks.ts';
import { allOf } from '../language/conditions.ts';
import type { Condition, TimeField } from '../language/query.ts';
import type { TaskQueries, TaskQuery } from './queries.ts';
import type { PageRequest, SearchQueries } from './search.ts';

/** Tasks read, and handed on, at a time. */
const pageSize = 500;

/** The same questions, where a list may have a search in it too. */
export function withSearch(tasks: TaskQueries, search: Pick<SearchQueries, 'page'>): TaskQueries {
  return {
    ...tasks,
    list: (query, signal) => (query.search ? listFound(search, query, signal) : tasks.list(query, signal)),
  };
}

async function* listFound(
  search: Pick<SearchQueries, 'page'>,
  query: TaskQuery,
  signal?: AbortSignal,
): AsyncGenerator<TaskBody[]> {
  const asked = toRequest(query);
  let place: Pick<PageRequest, 'offset' | 'after'> = { offset: query.offset };
  for (let left = query.limit; left > 0;) {
    const request = { ...asked, ...place, limit: Math.min(left, pageSize) };
    const { tasks, last, more } = await search.page(request, { deadlineMs: Infinity, signal });
    if (tasks.length > 0) yield tasks;
    if (!more.after || last === null) return;
    left -= tasks.length;
    place = { after: last };
  }
}

function toRequest({ search, sort, name, worker, state, ...query }: TaskQuery): Omit<PageRequest, 'limit'> {
  const exact = Object.entries({ name, worker, state }).flatMap(([column, value]) =>
    value === undefined ? [] : [{ column: column as 'name' | 'worker' | 'state', value }],
  );
  const where = allOf([
    ...toRange('received', query.receivedFrom, query.receivedTo),
    ...toRange('started', query.startedFrom, query.startedTo),
    ...(search?.where ? [search.where] : []),
  ]);
  return { where, exact, sort: sort ?? search?.sort ?? { key: 'timestamp', descending: true } };
}

function toRange(field: TimeField, from: number | undefined, to: number | undefined): Condition[] {
  if (from === undefined && to === undefined) return [];
  const bound = (value: number | undefined) => (value === undefined ? null : { value, inclusive: true });
  return [{ kind: 'range', field, from: bound(from), to: bound(to) }];
}
