import type { GapBody } from '../../../server/contract/status.ts';
import type { TaskBody } from '../../../server/contract/tasks.ts';

const reasons: Record<GapBody['why'], string> = {
  stopped: 'Herbarium was not running',
  crashed: 'Herbarium ended without warning',
  disconnected: 'the broker could not be reached',
  overflow: 'more events came than could be kept',
  'cut-off': 'the broker cut us off, for more events waited than it allows',
};

export function toGapReason(gap: GapBody): string {
  return Object.hasOwn(reasons, gap.why) ? reasons[gap.why] : gap.why;
}

/**
 * Where gaps stand in a list that runs from new to old: row index → the gaps just above that row. What lies below the last
 * row is not part of the list.
 */
export function placeGaps(rows: readonly TaskBody[], gaps: readonly GapBody[]): Map<number, GapBody[]> {
  const placed = new Map<number, GapBody[]>();
  for (const gap of gaps) {
    const index = rows.findIndex((row) => row.timestamp !== null && row.timestamp <= gap.from);
    if (index !== -1) placed.set(index, [...(placed.get(index) ?? []), gap]);
  }
  return placed;
}
