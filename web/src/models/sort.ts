import type { Sort, SortKey } from '../../../server/language/query.ts';
import { isNewestFirst } from './task-rows.ts';

/** Of which the least comes first in a list: names are read from A on, times and durations from the largest. */
const ascendingFirst: ReadonlySet<SortKey> = new Set(['name', 'state', 'worker']);

/** What a click on a column's head makes of the order; null: the usual one, newest first. */
export function nextSort(sort: Sort | null, key: SortKey): Sort | null {
  const first: Sort = { key, descending: !ascendingFirst.has(key) };
  if (sort?.key !== key) return isNewestFirst(first) ? null : first;
  const isFirst = sort.descending === first.descending;
  return isFirst ? { key, descending: !first.descending } : null;
}
