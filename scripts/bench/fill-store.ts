import { isTaskEvent } from '../../server/celery/event.ts';
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
    await writer.write(toBatch(from, Math.min(from + tasksPerBatch, tasks), start));
  }
  const seconds = (performance.now() - startedMs) / 1000;
  console.log(`filled with ${tasks} tasks: ${Math.round(tasks / seconds)} tasks/s, generating them included`);
  await writer.close();
}

function toBatch(from: number, to: number, start: number): Batch {
  const batch = { tasks: new Map<string, Task>(), workers: new Map<string, Worker>(), rejects: [] };
  const taskEvents = Array.from({ length: to - from }, (_, i) =>
    eventsOfTask(from + i, start + (from + i) / tasksPerSecond),
  ).flat();
  for (const event of taskEvents.filter(isTaskEvent)) {
    batch.tasks.set(event.uuid, reduceTask(batch.tasks.get(event.uuid), event));
    if (event.type === 'task-sent') continue;
    batch.workers.set(event.hostname, reduceWorker(batch.workers.get(event.hostname), event, event.timestamp));
  }
  return { ...batch, taskEvents, otherEvents: [] };
}
