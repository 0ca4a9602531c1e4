import type { SearchGapBody } from '../../../server/contract/search.ts';
import type { TaskBody } from '../../../server/contract/tasks.ts';
import { placeGaps } from './gap.ts';

/** A line of the table: a task, or a stretch of time that nobody saw. */
export type TableLine =
  { key: string; task: TaskBody; gap?: undefined } | { key: string; gap: SearchGapBody; task?: undefined };

/** Tasks in their order, each gap above the task that it comes after. */
export function toTableLines(rows: readonly TaskBody[], gaps: readonly SearchGapBody[]): TableLine[] {
  const placed = placeGaps(rows, gaps);
  if (placed.size === 0) return rows.map((task) => ({ key: task.uuid, task }));
  return rows.flatMap((task, index): TableLine[] => [
    ...(placed.get(index) ?? []).map((gap) => ({ key: `gap ${gap.broker} ${gap.from}`, gap })),
    { key: task.uuid, task },
  ]);
}
