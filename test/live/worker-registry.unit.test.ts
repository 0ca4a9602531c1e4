import { expect, test } from 'vitest';
import { WorkerRegistry } from '../../server/live/worker-registry.ts';
import { sampleWorker } from '../helpers/samples.ts';

const noCounts = new Map();

test('lists a worker as the page shows it', () => {
  const registry = new WorkerRegistry(10);
  registry.apply({
    workers: [sampleWorker()],
    counts: new Map([['celery@host', new Map([['worker-heartbeat', 3]])]]),
  });
  expect(registry.list(1001)).toEqual([
    {
      hostname: 'celery@host',
      alive: true,
      last_heartbeat: 1000,
      pid: 4711,
      freq: 2,
      active: 1,
      processed: 99,
      loadavg: [0.5, 0.25, 0.125],
      sw_ident: 'py-celery',
      sw_ver: '5.6.3',
      sw_sys: 'Linux',
      events: { 'worker-heartbeat': 3 },
    },
  ]);
});

test('a worker is alive by its heartbeat, and silent after two intervals', () => {
  const registry = new WorkerRegistry(10);
  registry.apply({ workers: [sampleWorker()], counts: noCounts });
  expect(registry.status(1003)).toEqual({ 'celery@host': true });
  expect(registry.status(1004)).toEqual({ 'celery@host': false });
  expect(registry.isAlive('celery@host', 1003)).toBe(true);
  expect(registry.isAlive('celery@other', 1003)).toBeUndefined();
});

test('counts go on from what was stored, and a later commit replaces what is known of the worker', () => {
  const registry = new WorkerRegistry(10);
  registry.load([{ worker: sampleWorker(), counts: { 'task-received': 5 } }]);
  const counts = new Map([
    [
      'celery@host',
      new Map([
        ['task-received', 2],
        ['task-started', 1],
      ]),
    ],
  ]);
  registry.apply({ workers: [sampleWorker({ active: 7 })], counts });
  expect(registry.list(1000)).toMatchObject([{ active: 7, events: { 'task-received': 7, 'task-started': 1 } }]);
});

test('a client that only sends tasks does not become a worker', () => {
  const registry = new WorkerRegistry(10);
  registry.apply({ workers: [], counts: new Map([['gen1@host', new Map([['task-sent', 1]])]]) });
  expect(registry.list(1000)).toEqual([]);
});

test('keeps those heard last when there are too many', () => {
  const registry = new WorkerRegistry(2);
  const heardAt = (lastSeen: number) => sampleWorker({ hostname: `w${lastSeen}`, lastSeen });
  registry.load([heardAt(3), heardAt(1)].map((worker) => ({ worker, counts: {} })));
  registry.apply({ workers: [heardAt(2)], counts: noCounts });
  expect(registry.list(1000).map(({ hostname }) => hostname)).toEqual(['w2', 'w3']);
});

test('hostile names are names like any other', () => {
  const registry = new WorkerRegistry(10);
  const names = ['<script>alert(1)</script>', '__proto__', 'constructor'];
  registry.apply({
    workers: names.map((hostname) => sampleWorker({ hostname })),
    counts: new Map([['__proto__', new Map([['__proto__', 1]])]]),
  });
  expect(Object.keys(registry.status(1000)).sort()).toEqual([...names].sort());
  expect(JSON.stringify(registry.list(1000))).toContain('"events":{"__proto__":1}');
  expect({}).not.toHaveProperty('polluted');
});

test('what other processes hear of a worker keeps it alive, and takes nothing from what is known here', () => {
  const registry = new WorkerRegistry(10);
  const known = sampleWorker();
  registry.apply({ workers: [known], counts: new Map([['celery@host', new Map([['worker-heartbeat', 3]])]]) });
  const later = { ...known, lastSeen: known.lastSeen + 60, lastHeartbeat: 1060 };
  expect(registry.hear([known])).toEqual([]);
  expect(registry.hear([later, { ...later, hostname: 'celery@other' }]).map(({ hostname }) => hostname)).toEqual([
    'celery@host',
    'celery@other',
  ]);
  expect(registry.status(1061)).toEqual({ 'celery@host': true, 'celery@other': true });
  expect(registry.hear([{ ...known, lastSeen: 1, lastHeartbeat: 1 }])).toEqual([]);
  expect(registry.list(1061)[0]).toMatchObject({ last_heartbeat: 1060, events: { 'worker-heartbeat': 3 } });
});
