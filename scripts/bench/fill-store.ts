import type { TaskEvent } from '../../server/celery/event.ts';
import { reduceTask, type Task } from '../../server/domain/task.ts';
import { reduceWorker, type Worker } from '../../server/domain/worker.ts';
import type { Batch } from '../../server/ingest/batch.ts';
import { openStoreWriter } from '../../server/store/open-store.ts';
import { eventsOfTask } from './synthetic-tasks.ts';

const tasksPerBatch = 2000;
const tasksPerSecond = 500;

/** Writes the tasks 0 up to `tasks` into a store, through its own write path, as if they had run up to now. */
export async function fillStore(db: string, tasks: number): Promise<void> {
  const writer = await openStoreWriter({ db, segmentTasks: 1_000_000, segmentSeconds: 86_400 });
  const start = Date.now() / 1000 - tasks / tasksPerSecond;
  const startedMs = performance.now();
  for (let from = 0; from < tasks; from += tasksPerBatch) {
    const count = Math.min(tasksPerBatch, tasks - from);
    const events = Array.from({ length: count }, (_, i) => eventsOfTask(from + i, start + (from + i) / tasksPerSecond));
    await writer.write(toBatch(events.flat()));
  }
  const seconds = (performance.now() - startedMs) / 1000;
  console.log(`filled with ${tasks} tasks: ${Math.round(tasks / seconds)} tasks/s, generating them included`);
  await writer.close();
}

/**
 * The tasks 0 up to `tasks`, sent at so many a second from `start` (epoch seconds) on, as ingest hands them to a store:
 * a batch is what happens in `flushSeconds`, so that most tasks begin in one and end in another.
 */
export function* toFlushes(
  tasks: number,
  perSecond: number,
  flushSeconds: number,
  start: number,
  eventsOf: (n: number, at: number) => TaskEvent[] = eventsOfTask,
): Iterable<TaskEvent[]> {
  const perFlush = perSecond * flushSeconds;
  const flushes = new Map<number, TaskEvent[]>();
  for (let flush = 0; flush * perFlush < tasks || flushes.size > 0; flush++) {
    for (let n = Math.ceil(flush * perFlush); n < Math.min(tasks, (flush + 1) * perFlush); n++) {
      for (const event of eventsOf(n, start + n / perSecond)) {
        const at = Math.floor((event.timestamp - start) / flushSeconds);
        const events = flushes.get(at);
        if (events) events.push(event);
        else flushes.set(at, [event]);
      }
    }
    yield flushes.get(flush) ?? [];
    flushes.delete(flush);
  }
}

/** What ingest would make of the events. */
export function toBatch(taskEvents: TaskEvent[]): Batch {
  const batch = { tasks: new Map<string, Task>(), workers: new Map<string, Worker>(), rejects: [] };
  for (const event of taskEvents) {
    batch.tasks.set(event.uuid, reduceTask(batch.tasks.get(event.uuid), event));
    if (event.type === 'task-sent') continue;
    batch.workers.set(event.hostname, reduceWorker(batch.workers.get(event.hostname), event, event.timestamp));
  }
  return { ...batch, taskEvents, otherEvents: [] };
}
