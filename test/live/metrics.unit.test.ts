import { expect, test } from 'vitest';
import type { TaskTally } from '../../server/domain/task-tally.ts';
import { openMetrics } from '../../server/live/metrics.ts';
import type { StoreFigures } from '../../server/live/own-metrics.ts';
import { WorkerRegistry } from '../../server/live/worker-registry.ts';
import { lint, readExposition } from '../helpers/exposition.ts';
import { sampleStatus } from '../helpers/http-server.ts';
import { sampleWorker } from '../helpers/samples.ts';

const figures: StoreFigures = { store: sampleStatus.store, gaps: { begun: 3, open: 1 }, coverage: 0.75 };

/** `now` may be set; it is 1001 at first, when the sample worker lives. */
function open({ purgeAfterS = null, maxPairs }: { purgeAfterS?: number | null; maxPairs?: number } = {}) {
  const workers = new WorkerRegistry(10, purgeAfterS);
  workers.apply({ workers: [sampleWorker()], counts: new Map() });
  const clock = { now: 1001 };
  const sources = {
    version: '1.2.3',
    workers,
    ingest: () => sampleStatus,
    readStored: () => Promise.resolve(figures),
    now: () => clock.now,
  };
  const metrics = openMetrics(sources, { runtimeBuckets: [0.5, 1], purgeAfterS, maxPairs });
  const read = async () => readExposition(await metrics.text());
  const samplesOf = async (name: string) => Object.fromEntries((await read()).get(name)?.samples ?? []);
  return { metrics, workers, clock, read, samplesOf };
}

const tally = (changes: Partial<TaskTally> = {}): TaskTally => ({
  worker: 'celery@host',
  task: 'tasks.add',
  events: new Map([['task-succeeded', 2]]),
  runtimes: [0.25, 0.75],
  prefetched: 0,
  waitedS: null,
  ...changes,
});

test('has the metrics of Flower, by their names, types and labels', async () => {
  const { metrics, read } = open();
  metrics.apply({ tallies: [tally({ prefetched: 2, waitedS: 0.125 })] });
  const families = [...(await read()).values()].filter(({ name }) => name.startsWith('flower_'));
  expect(Object.fromEntries(families.map(({ name, type, samples }) => [`${name} ${type}`, [...samples]]))).toEqual({
    'flower_task_runtime_seconds histogram': [
      ['flower_task_runtime_seconds_bucket{le="0.5",worker="celery@host",task="tasks.add"}', 1],
      ['flower_task_runtime_seconds_bucket{le="1",worker="celery@host",task="tasks.add"}', 2],
      ['flower_task_runtime_seconds_bucket{le="+Inf",worker="celery@host",task="tasks.add"}', 2],
      ['flower_task_runtime_seconds_sum{worker="celery@host",task="tasks.add"}', 1],
      ['flower_task_runtime_seconds_count{worker="celery@host",task="tasks.add"}', 2],
    ],
    'flower_events_total counter': [
      ['flower_events_total{worker="celery@host",type="task-succeeded",task="tasks.add"}', 2],
    ],
    'flower_task_prefetch_time_seconds gauge': [
      ['flower_task_prefetch_time_seconds{worker="celery@host",task="tasks.add"}', 0.125],
    ],
    'flower_worker_prefetched_tasks gauge': [
      ['flower_worker_prefetched_tasks{worker="celery@host",task="tasks.add"}', 2],
    ],
    'flower_worker_online gauge': [['flower_worker_online{worker="celery@host"}', 1]],
    'flower_worker_number_of_currently_executing_tasks gauge': [
      ['flower_worker_number_of_currently_executing_tasks{worker="celery@host"}', 1],
    ],
  });
});

test('follows the conventions of Prometheus', async () => {
  const { metrics, read } = open();
  metrics.apply({ tallies: [tally({ worker: 'a"b\\c\nd', task: '{}' })] });
  expect(lint((await read()).values())).toEqual([]);
});

test('says how ingest and the store are', async () => {
  const families = await open().read();
  const valueOf = (name: string) => [...(families.get(name)?.samples.values() ?? [])][0];
  expect(valueOf('herbarium_coverage_ratio')).toBe(0.75);
  expect(valueOf('herbarium_gaps')).toBe(3);
  expect(valueOf('herbarium_gaps_open')).toBe(1);
  expect(valueOf('herbarium_store_size_bytes')).toBe(4096);
  expect(valueOf('herbarium_ingest_lag_seconds')).toBe(0);
  expect(valueOf('herbarium_events_stored_total')).toBe(5);
  expect(families.get('herbarium_broker_connected')?.samples).toEqual(
    new Map([['herbarium_broker_connected{broker="redis://localhost:6379/0"}', 1]]),
  );
});

test('counts go on from what was stored, and what is prefetched is what the store says', async () => {
  const { metrics, samplesOf } = open();
  const counters = [{ hostname: 'celery@host', type: 'task-succeeded', task: 'tasks.add', events: 40 }];
  metrics.load({ counters, prefetched: [{ worker: 'celery@host', task: 'tasks.add', tasks: 3 }] });
  metrics.apply({ tallies: [tally({ prefetched: -1 })] });
  const key = '{worker="celery@host",type="task-succeeded",task="tasks.add"}';
  expect(await samplesOf('flower_events_total')).toEqual({ [`flower_events_total${key}`]: 42 });
  expect(Object.values(await samplesOf('flower_worker_prefetched_tasks'))).toEqual([2]);
});

test('a worker that falls silent is offline, runs nothing, and is left out once it is purged', async () => {
  const { metrics, clock, samplesOf } = open({ purgeAfterS: 60 });
  metrics.apply({ tallies: [tally()] });
  clock.now = 1010;
  expect(Object.values(await samplesOf('flower_worker_online'))).toEqual([0]);
  expect(Object.values(await samplesOf('flower_worker_number_of_currently_executing_tasks'))).toEqual([0]);
  expect(Object.values(await samplesOf('flower_events_total'))).toEqual([2]);
  clock.now = 1061;
  expect(await samplesOf('flower_worker_online')).toEqual({});
  expect(await samplesOf('flower_events_total')).toEqual({});
  expect(await samplesOf('flower_task_runtime_seconds')).toEqual({});
});

test('a purged worker that comes back goes on where it was', async () => {
  const { metrics, workers, clock, samplesOf } = open({ purgeAfterS: 60 });
  metrics.apply({ tallies: [tally()] });
  clock.now = 1061;
  await samplesOf('flower_events_total');
  workers.apply({ workers: [sampleWorker({ lastHeartbeat: 1061, lastSeen: 1061, eventAt: 1061 })], counts: new Map() });
  metrics.apply({ tallies: [tally()] });
  expect(Object.values(await samplesOf('flower_events_total'))).toEqual([4]);
});

test('so many series and no more: what has no place is counted together', async () => {
  const { metrics, samplesOf } = open({ maxPairs: 2 });
  for (let i = 0; i < 50; i++) metrics.apply({ tallies: [tally({ worker: `gen${i}@host` })] });
  const samples = await samplesOf('flower_events_total');
  expect(Object.values(samples)).toEqual([2, 2, 96]);
  expect(Object.keys(samples)[2]).toContain('worker="other"');
  expect(Object.keys(await samplesOf('flower_task_runtime_seconds'))).toHaveLength(15);
});

test('answers while the store does not', async () => {
  const { workers } = open();
  const sources = { version: '1', workers, ingest: () => sampleStatus, now: () => 1001 };
  const readStored = () => Promise.reject(new Error('gone'));
  const metrics = openMetrics({ ...sources, readStored }, { runtimeBuckets: [1], purgeAfterS: null });
  const families = readExposition(await metrics.text());
  expect(families.get('herbarium_store_readable')?.samples.get('herbarium_store_readable')).toBe(0);
  expect(families.get('herbarium_store_tasks')?.samples.size).toBe(0);
});
