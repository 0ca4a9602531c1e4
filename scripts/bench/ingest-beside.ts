/**
 * Writes tasks into a store, so many a second, as ingest does: a batch every half second, in which some tasks begin and
 * others end. A process of its own, as the server's writer is a thread of its own; told to `stop` it reports.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { openStoreWriter } from '../../server/store/open-store.ts';
import { toBatch, toFlushes } from './fill-store.ts';
import { eventsOfHistoryTask } from './history-tasks.ts';

export interface IngestOrder {
  db: string;
  tasksPerSecond: number;
  /** Number of the first task, and when it is sent by the store's clock, epoch seconds. */
  firstTask: number;
  start: number;
}

export type IngestReport =
  | { kind: 'running' }
  | {
      kind: 'done';
      tasks: number;
      seconds: number;
      commitP50Ms: number;
      commitP95Ms: number;
      commitMaxMs: number;
      /** How far the last commit was behind its time. */
      behindMs: number;
    };

const flushSeconds = 0.5;

async function ingest({ db, tasksPerSecond, firstTask, start }: IngestOrder): Promise<IngestReport> {
  let now = start;
  const writer = await openStoreWriter({ db, segmentTasks: 1_000_000, segmentSeconds: 86_400, now: () => now });
  const eventsOf = (n: number, at: number) => eventsOfHistoryTask(firstTask + n, firstTask * 2, at);
  const commitsMs: number[] = [];
  const startedMs = performance.now();
  let dueMs = 0;
  let isStopped = false;
  process.once('message', () => (isStopped = true));
  for (const events of toFlushes(Infinity, tasksPerSecond, flushSeconds, start, eventsOf)) {
    dueMs += flushSeconds * 1000;
    now += flushSeconds;
    await sleep(startedMs + dueMs - performance.now());
    const batch = toBatch(events);
    const beganMs = performance.now();
    await writer.write(batch);
    commitsMs.push(performance.now() - beganMs);
    if (commitsMs.length === 1) process.send!({ kind: 'running' } satisfies IngestReport);
    if (isStopped) break;
  }
  const behindMs = performance.now() - startedMs - dueMs;
  await writer.close();
  commitsMs.sort((a, b) => a - b);
  const at = (share: number): number => Math.round(commitsMs[Math.floor((commitsMs.length - 1) * share)]!);
  const seconds = dueMs / 1000;
  return {
    kind: 'done',
    tasks: Math.round(seconds * tasksPerSecond),
    seconds,
    commitP50Ms: at(0.5),
    commitP95Ms: at(0.95),
    commitMaxMs: at(1),
    behindMs: Math.round(behindMs),
  };
}

const report = await ingest(JSON.parse(process.argv[2]!) as IngestOrder);
process.send!(report, () => process.disconnect());
