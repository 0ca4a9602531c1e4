/**
 * How long a start takes with a history: `npm run bench:start -- --tasks 1000000 [--db FOLDER | postgres://…]`.
 * Fills a store through its own write path, then starts the built program on it and times it to its first answers.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isTaskEvent } from '../../server/celery/event.ts';
import { reduceTask, type Task } from '../../server/domain/task.ts';
import { reduceWorker, type Worker } from '../../server/domain/worker.ts';
import type { Batch } from '../../server/ingest/batch.ts';
import { openStoreWriter } from '../../server/store/open-store.ts';
import { eventsOfTask } from './synthetic-tasks.ts';

const tasksPerBatch = 2000;

async function fill(db: string, tasks: number): Promise<void> {
  const writer = await openStoreWriter({ db, segmentTasks: 1_000_000, segmentSeconds: 86_400 });
  const start = Date.now() / 1000 - tasks / 500;
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
    eventsOfTask(from + i, start + (from + i) / 500),
  ).flat();
  for (const event of taskEvents.filter(isTaskEvent)) {
    batch.tasks.set(event.uuid, reduceTask(batch.tasks.get(event.uuid), event));
    if (event.type === 'task-sent') continue;
    batch.workers.set(event.hostname, reduceWorker(batch.workers.get(event.hostname), event, event.timestamp));
  }
  return { ...batch, taskEvents, otherEvents: [] };
}

async function measure(db: string, broker: string): Promise<void> {
  const startedMs = performance.now();
  const child = spawn(
    process.execPath,
    ['dist/server/main.js', '--broker', broker, '--db', db, '--address', '127.0.0.1', '--port', '0'],
    { env: { ...process.env, FLOWER_UNAUTHENTICATED_API: 'true' }, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const url = await new Promise<string>((resolve, reject) => {
    let log = '';
    child.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      const found = / is at (\S+)/.exec(log)?.[1];
      if (found) resolve(found);
    });
    child.once('exit', () => reject(new Error(log)));
  });
  const lap = (): number => Math.round(performance.now() - startedMs);
  const laps: Record<string, number> = { listening: lap() };
  for (const path of [
    '/healthcheck',
    '/api/workers?status=1',
    '/api/task/types',
    '/api/tasks?limit=50',
    '/api/status',
  ]) {
    await (await fetch(url + path)).text();
    laps[path] = lap();
  }
  console.table([laps]);
  child.kill('SIGTERM');
  await once(child, 'exit');
}

const { values } = parseArgs({
  options: {
    tasks: { type: 'string', default: '1000000' },
    db: { type: 'string' },
    // Nobody is there: a start does not wait for its broker.
    broker: { type: 'string', default: 'redis://127.0.0.1:1' },
  },
});
const db = values.db ?? mkdtempSync(join(tmpdir(), 'herbarium-bench-'));
await fill(db, Number(values.tasks));
for (let run = 0; run < 3; run++) await measure(db, values.broker);
if (!values.db) rmSync(db, { recursive: true });
