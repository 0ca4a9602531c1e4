import type { SearchGapBody } from '../../../server/contract/search.ts';
import type { GapBody } from '../../../server/contract/status.ts';
import type { TaskBody } from '../../../server/contract/tasks.ts';
import { receivedAt } from './task-rows.ts';

const reasons: Record<GapBody['why'], string> = {
  stopped: 'Herbarium was not running',
  crashed: 'Herbarium ended without warning',
  disconnected: 'the broker could not be reached',
  overflow: 'more events came than could be kept',
  'cut-off': 'the broker cut us off, for more events waited than it allows',
};

export function toGapReason({ why }: SearchGapBody): string {
  return isKnown(why) ? reasons[why] : why;
}

function isKnown(why: string): why is GapBody['why'] {
  return Object.hasOwn(reasons, why);
}

/**
 * Where gaps stand in a list that runs from new to old: row index → the gaps just above that row. What lies below the last
 * row is not part of the list.
 */
export function placeGaps(rows: readonly TaskBody[], gaps: readonly SearchGapBody[]): Map<number, SearchGapBody[]> {
  const placed = new Map<number, SearchGapBody[]>();
  for (const gap of gaps) {
    const index = rows.findIndex((row) => receivedAt(row) <= gap.from);
    if (index !== -1) placed.set(index, [...(placed.get(index) ?? []), gap]);
  }
  return placed;
}
