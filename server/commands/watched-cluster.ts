import { isTaskEvent, type CeleryEvent } from '../celery/event.ts';
import { reduceTask, type Task } from '../domain/task.ts';
import { isOfWorker, reduceWorker, type Worker } from '../domain/worker.ts';

/** As many as a person scrolls through, and more than fit a terminal. */
const mostTasks = 5000;
const mostWorkers = 5000;

/** The workers and the latest tasks of a stream of events, in bounded memory. */
export class WatchedCluster {
  readonly #tasks = new Map<string, Task>();
  readonly #workers = new Map<string, Worker>();
  /** Events so far. */
  events = 0;

  /** The task it is about, with it; null for what is about none. `receivedAt`: epoch seconds. */
  apply(event: CeleryEvent, receivedAt: number): Task | null {
    this.events++;
    if (isOfWorker(event)) {
      this.#workers.set(event.hostname, reduceWorker(this.#workers.get(event.hostname), event, receivedAt));
      dropFirst(this.#workers, mostWorkers);
    }
    if (!isTaskEvent(event)) return null;
    const task = reduceTask(this.#tasks.get(event.uuid), event);
    // The last one told of stands last.
    this.#tasks.delete(event.uuid);
    this.#tasks.set(event.uuid, task);
    dropFirst(this.#tasks, mostTasks);
    return task;
  }

  /** By name. */
  workers(): Worker[] {
    return [...this.#workers.values()].sort((a, b) => (a.hostname < b.hostname ? -1 : 1));
  }

  /** The last one told of first. */
  tasks(): Task[] {
    return [...this.#tasks.values()].reverse();
  }
}

function dropFirst(map: Map<string, unknown>, most: number): void {
  const first = map.size > most ? map.keys().next().value : undefined;
  if (first !== undefined) map.delete(first);
}
