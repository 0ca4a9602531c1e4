import type { TotalBody } from '../../../server/contract/search.ts';
import { countOf } from './number.ts';

/**
 * `1,234 tasks`, `More than 1,000 tasks`. `listed`: what the list's own answer says; `counted`: what the facets say, which
 * look at more; `arrived`: tasks on the list that the answer did not count.
 */
export function toTotalText(listed: TotalBody, counted: TotalBody | null, arrived: number): string {
  const best = listed.relation === 'gte' && counted && counted.value >= listed.value ? counted : listed;
  if (best.relation === 'gte') return `More than ${countOf(best.value - 1, 'task')}`;
  return countOf(best.value + arrived, 'task');
}
