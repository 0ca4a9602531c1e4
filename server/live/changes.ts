import type { LiveEventBody, LiveMessage } from '../contract/live.ts';
import type { Task } from '../domain/task.ts';
import type { Worker } from '../domain/worker.ts';
import type { ShowTask } from '../query/shown-task.ts';
import { toTaskBody } from '../query/task-body.ts';

/** How many tasks the page's list shows, and so how many one message carries at most. */
export const listedTasks = 50;

/** What one commit changed, already readable in the store. */
export interface LiveChange {
  /** As they are now. */
  tasks: readonly Task[];
  /** Ids of tasks that changed too, but are older than all of `tasks`. */
  alsoChanged: readonly string[];
  workers: readonly Worker[];
  /** How many events were stored, and the last of them, as they came. */
  events?: { count: number; last: readonly Omit<LiveEventBody, 'id' | 'name' | 'exception'>[] };
}

/** What changed since the last message to the pages, of one commit or more. */
export class Changes {
  readonly #tasks = new Map<string, Task>();
  readonly #uuids = new Set<string>();
  /** Their `children` may be more now. */
  readonly #parents = new Set<string>();
  hasWorkers = false;

  add(change: LiveChange): void {
    for (const task of change.tasks) {
      this.#tasks.set(task.uuid, task);
      this.#uuids.add(task.uuid);
      if (task.parentId !== null) this.#parents.add(task.parentId);
    }
    for (const uuid of change.alsoChanged) {
      // What an earlier commit said of it is not true any more.
      this.#tasks.delete(uuid);
      this.#uuids.add(uuid);
    }
    if (change.workers.length > 0) this.hasWorkers = true;
  }

  get hasTasks(): boolean {
    return this.#uuids.size > 0;
  }

  /** Whether asking for this task again may give another answer. */
  concerns(uuid: string): boolean {
    return this.#uuids.has(uuid) || this.#parents.has(uuid);
  }

  /** `show`: how a task is to be seen. */
  toTasksMessage(show: ShowTask = (task) => task): Extract<LiveMessage, { topic: 'tasks' }> {
    const newest = [...this.#tasks.values()].sort((a, b) => b.timestamp - a.timestamp).slice(0, listedTasks);
    const tasks = newest.map((task) => show(toTaskBody(task, [])));
    return { topic: 'tasks', tasks, dropped: this.#uuids.size - tasks.length };
  }
}
