/** A history of days that lie back, a segment each. */
import { eventsOfTask } from '../../scripts/bench/synthetic-tasks.ts';
import { toBatch } from '../../scripts/bench/fill-store.ts';
import type { TestStore } from './stores.ts';

export const daySeconds = 86_400;
export const tasksADay = 100;

/** What of a day is left. */
export type Kept = 'all' | 'failures' | 'nothing';

export interface Days {
  /** Epoch seconds when the first of them began. */
  readonly start: number;
  /** Ids of tasks, the oldest first; `kept` says what is left of each day. */
  uuids(kept: readonly Kept[]): string[];
  /** How many events a day's tasks have. */
  events(day: number): number;
}

/** Writes so many days, of {@link tasksADay} tasks each; the last of them ended 6 hours ago. */
export async function fillDays(store: Pick<TestStore, 'openWriter'>, count: number): Promise<Days> {
  const start = Date.now() / 1000 - (count + 0.25) * daySeconds;
  let now = start;
  const writer = await store.openWriter({ segmentSeconds: daySeconds, now: () => now });
  for (let day = 0; day < count; day++) {
    now = start + day * daySeconds;
    await writer.write(toBatch(tasksOf(day, start).flat()));
  }
  now = start + count * daySeconds;
  await writer.write(toBatch([]));
  await writer.close();
  return {
    start,
    events: (day) => tasksOf(day, start).flat().length,
    uuids: (kept) =>
      kept.flatMap((what, day) =>
        tasksOf(day, start)
          .filter((events) => what === 'all' || (what === 'failures' && events.at(-1)!.type === 'task-failed'))
          .map(([first]) => first!.uuid),
      ),
  };
}

function tasksOf(day: number, start: number) {
  return Array.from({ length: tasksADay }, (_, i) => eventsOfTask(day * tasksADay + i, start + day * daySeconds + i));
}
