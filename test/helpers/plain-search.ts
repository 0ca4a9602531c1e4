/** Searches as plainly as can be: all tasks in an array, looked at one by one. What every other search has to equal. */
import { exceptionClass, finishedAt, queueOf, receivedAt, runtimeS, waitS } from '../../server/domain/derived.ts';
import type { FacetField } from '../../server/contract/search.ts';
import type { Task } from '../../server/domain/task.ts';
import type { Condition } from '../../server/language/query.ts';
import type { BucketRange, Position, SearchSort } from '../../server/query/search.ts';
import { matches } from '../../server/query/search/matches.ts';
import { storableText } from '../../server/store/task-row.ts';

export interface PlacedTask {
  segment: number;
  id: number;
  task: Task;
}

const values: Record<SearchSort['key'], (task: Task) => string | number | null> = {
  timestamp: (task) => task.timestamp,
  received: receivedAt,
  started: (task) => task.started,
  finished: finishedAt,
  runtime: runtimeS,
  wait: waitS,
  name: (task) => task.name,
  state: (task) => task.state,
  worker: (task) => task.worker,
  retries: (task) => task.retries,
};

const texts: Record<FacetField, (task: Task) => string | null> = {
  state: (task) => task.state,
  name: (task) => task.name,
  worker: (task) => task.worker,
  queue: queueOf,
  exception: exceptionClass,
};

export class PlainSearch {
  constructor(readonly tasks: readonly PlacedTask[]) {}

  find(where: Condition | null, { key, descending }: SearchSort): PlacedTask[] {
    const valueOf = values[key];
    const found = this.tasks.filter(({ task }) => where === null || matches(task, where));
    return found.sort((a, b) => {
      const [x, y] = [valueOf(a.task), valueOf(b.task)];
      if (x === y) return b.segment - a.segment || b.id - a.id;
      if (x === null || y === null) return x === null ? 1 : -1;
      return (x < y ? -1 : 1) * (descending ? -1 : 1);
    });
  }

  positionOf({ segment, id, task }: PlacedTask, { key }: SearchSort): Position {
    return { value: values[key](task), segment, id };
  }

  facet(found: readonly PlacedTask[], field: FacetField): { value: string; tasks: number }[] {
    const counts = new Map<string, number>();
    for (const { task } of found) {
      const text = texts[field](task);
      if (text !== null) counts.set(storableText(text), (counts.get(storableText(text)) ?? 0) + 1);
    }
    const all = [...counts].map(([value, tasks]) => ({ value, tasks }));
    return all.sort((a, b) => b.tasks - a.tasks || (a.value < b.value ? -1 : 1));
  }

  /** Of the tasks of one bucket that have a run time, the shortest first. */
  runtimes(found: readonly PlacedTask[], { from, to, step }: BucketRange, bucket: number): number[] {
    const isInside = (at: number): boolean => at >= from && at < to && Math.floor((at - from) / step) === bucket;
    const inside = found.filter(({ task }) => isInside(receivedAt(task)));
    return inside.flatMap(({ task }) => runtimeS(task) ?? []).sort((a, b) => a - b);
  }

  histogram(found: readonly PlacedTask[], { from, to, step }: BucketRange): Record<string, number>[] {
    const buckets: Record<string, number>[] = [];
    for (let at = from; at < to; at += step) buckets.push({});
    for (const { task } of found) {
      const at = receivedAt(task);
      const bucket = at < to ? buckets[Math.floor((at - from) / step)] : undefined;
      if (bucket) bucket[task.state] = (bucket[task.state] ?? 0) + 1;
    }
    return buckets;
  }
}
