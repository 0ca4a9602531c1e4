import type { Task } from '../../domain/task.ts';
import { hasEnded } from '../search-text.ts';

export interface LiveTask {
  segmentId: number;
  /** The row's id in its segment. */
  id: number;
  task: Task;
}

/**
 * The tasks we heard of last that have not ended, so that a task's next event needs no query. Of one that has, hardly
 * anything more is to be expected. Least recently used first; about 1 kB each.
 */
export class LiveTasks {
  readonly #tasks = new Map<string, LiveTask>();

  constructor(private readonly limit = 20_000) {}

  get(uuid: string): LiveTask | undefined {
    return this.#tasks.get(uuid);
  }

  set(live: LiveTask): void {
    this.#tasks.delete(live.task.uuid);
    if (!hasEnded(live.task)) this.#tasks.set(live.task.uuid, live);
  }

  /** After a commit that failed half-way: what its segments hold of these tasks is not known any more. */
  forget(uuids: Iterable<string>): void {
    for (const uuid of uuids) this.#tasks.delete(uuid);
  }

  /** The segment is gone, or another file has it, where rows have other ids. */
  forgetSegment(segmentId: number): void {
    for (const [uuid, live] of this.#tasks) if (live.segmentId === segmentId) this.#tasks.delete(uuid);
  }

  trim(): void {
    for (const uuid of this.#tasks.keys()) {
      if (this.#tasks.size <= this.limit) return;
      this.#tasks.delete(uuid);
    }
  }
}
