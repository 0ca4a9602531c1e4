/** Batches made of events, as the pipeline makes them, for tests of the store and the queries. */
import { isTaskEvent, type CeleryEvent, type TaskEvent } from '../../server/celery/event.ts';
import { reduceTask, type Task } from '../../server/domain/task.ts';
import { isOfWorker, reduceWorker, type Worker } from '../../server/domain/worker.ts';
import type { Batch } from '../../server/ingest/batch.ts';

export function toBatch(events: CeleryEvent[], receivedAt = 1_700_000_000): Batch {
  const tasks = new Map<string, Task>();
  const workers = new Map<string, Worker>();
  const taskEvents: TaskEvent[] = [];
  const otherEvents: CeleryEvent[] = [];
  for (const event of events) {
    if (isTaskEvent(event)) {
      taskEvents.push(event);
      tasks.set(event.uuid, reduceTask(tasks.get(event.uuid), event));
    } else otherEvents.push(event);
    if (isOfWorker(event)) workers.set(event.hostname, reduceWorker(workers.get(event.hostname), event, receivedAt));
  }
  return { tasks, workers, taskEvents, otherEvents, rejects: [] };
}

let clock = 0;

/** One task event; `at` in seconds after a fixed moment. */
export function taskEvent(subject: string, uuid: string, at: number, fields: Record<string, unknown> = {}): TaskEvent {
  return {
    type: `task-${subject}`,
    uuid,
    hostname: 'w1@alpha',
    timestamp: 1_700_000_000 + at,
    clock: ++clock,
    pid: 42,
    ...fields,
  };
}

/** The three events of a task that succeeds. */
export function successOf(uuid: string, at: number, fields: Record<string, unknown> = {}): TaskEvent[] {
  const message = { name: 'shop.charge', args: '(1,)', kwargs: '{}', retries: 0, root_id: uuid, parent_id: null };
  return [
    taskEvent('received', uuid, at, { ...message, eta: null, expires: null, ...fields }),
    taskEvent('started', uuid, at + 0.1),
    taskEvent('succeeded', uuid, at + 0.3, { result: "'done'", runtime: 0.2 }),
  ];
}

export const uuidOf = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
