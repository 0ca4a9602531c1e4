import { expect, it } from 'vitest';
import { sortWorkers, toLoad, toSoftware, toWorkerCounts, toWorkerTone } from '../../web/src/models/worker.ts';
import { workerBody } from '../helpers/bodies.ts';

it('puts the ones that fell silent lately first, and those long gone last', () => {
  const workers = [
    workerBody({ hostname: 'b' }),
    workerBody({ hostname: 'gone', alive: false, last_heartbeat: 1000 }),
    workerBody({ hostname: 'a' }),
    workerBody({ hostname: 'silent', alive: false, last_heartbeat: 9950 }),
    workerBody({ hostname: 'never', alive: false, last_heartbeat: null }),
  ];
  const sorted = sortWorkers(workers, 10_000);
  expect(sorted.map(({ hostname }) => hostname)).toEqual(['silent', 'a', 'b', 'gone', 'never']);
  expect(sorted.map((worker) => toWorkerTone(worker, 10_000))).toEqual([
    'failure',
    'success',
    'success',
    'pending',
    'pending',
  ]);
});

it('counts its events, and none where none was stored', () => {
  expect(toWorkerCounts(workerBody()).map(({ label, count }) => `${label} ${count}`)).toEqual([
    'Received 12',
    'Succeeded 10',
    'Failed 2',
    'Retried 0',
  ]);
});

it('names its software and load, as far as it told them', () => {
  expect(toSoftware(workerBody())).toBe('py-celery 5.6.3 (Linux)');
  expect(toSoftware(workerBody({ sw_ident: null, sw_ver: null }))).toBeNull();
  expect(toLoad(workerBody())).toBe('0.42  0.50  10.61');
  expect(toLoad(workerBody({ loadavg: null }))).toBeNull();
});
