import { describe, expect, it } from 'vitest';
import {
  readBrokerFacts,
  readHeld,
  readPool,
  readProcess,
  readQueues,
  readRegistered,
  readSettings,
  readTotals,
  readUsage,
  toFacts,
} from '../../web/src/models/inspection.ts';

describe('the pool', () => {
  it('tells of its processes and limits', () => {
    const pool = { 'max-concurrency': 2, processes: [7, 8], timeouts: [30, 60], 'max-tasks-per-child': 'N/A' };
    expect(readPool({ stats: { pool, autoscaler: { min: 1, max: 4, qty: 0 } } })).toEqual({
      size: 2,
      processes: ['7', '8'],
      autoscale: { min: 1, max: 4 },
      softLimitS: 30,
      hardLimitS: 60,
      facts: [{ name: 'max-tasks-per-child', text: 'N/A' }],
    });
  });

  it('has no limit where Celery says 0, and needs none of it', () => {
    expect(readPool({ stats: { pool: { timeouts: [0, 0] } } })).toMatchObject({ softLimitS: null, hardLimitS: null });
    expect(readPool({})).toMatchObject({ size: null, processes: [], autoscale: null, facts: [] });
    expect(readPool({ stats: { pool: { 'max-concurrency': 50 } } }).size).toBe(50);
    expect(readPool({ stats: { pool: { 'max-concurrency': 2, processes: [7, 8, 9] } } }).size).toBe(3);
    expect(readPool({ stats: { pool: 'gone' } })).toMatchObject({ size: null });
  });
});

it('reads a rate limit behind a task’s name, and how often it was run', () => {
  const stats = { total: { 'tasks.add': 3 } };
  expect(readRegistered({ registered: ['tasks.add [rate_limit=10/m]', 'tasks.mul', 7], stats })).toEqual([
    { name: 'tasks.add', rateLimit: '10/m', total: 3 },
    { name: 'tasks.mul', rateLimit: null, total: 0 },
  ]);
  expect(readTotals({ stats: { total: { b: 1, a: 1, c: 5 } } }).map(({ name }) => name)).toEqual(['c', 'a', 'b']);
});

it('reads tasks in hand in the order in which they matter, values and reprs alike', () => {
  const task = { id: 'one', name: 'tasks.add', args: '(1,)', kwargs: '{}', time_start: 5, worker_pid: 9 };
  const held = readHeld({
    scheduled: [{ eta: '2026-11-20T12:00:00Z', request: { ...task, id: 'three', args: [1], kwargs: { a: 2 } } }],
    reserved: [{ ...task, id: 'two', time_start: null, worker_pid: null }, null],
    active: [task, 'nonsense'],
  });
  expect(held.map(({ kind, uuid }) => `${kind} ${uuid}`)).toEqual(['active one', 'reserved two', 'scheduled three']);
  expect(held[0]).toMatchObject({ args: '(1,)', startedAt: 5, pid: 9, eta: null });
  expect(held[2]).toMatchObject({ args: '[1]', kwargs: '{"a":2}', eta: '2026-11-20T12:00:00Z' });
});

it('reads queues, of any form', () => {
  const exchange = { name: 'shop', type: 'direct' };
  expect(readQueues({ active_queues: [{ name: 'mail', exchange, routing_key: 'm', durable: true }, {}] })).toEqual([
    { name: 'mail', exchange: 'shop', exchangeType: 'direct', routingKey: 'm', durable: true },
  ]);
  expect(readQueues({ active_queues: null })).toEqual([]);
});

it('tells of everything a worker says, each thing in one place', () => {
  const stats = { pid: 1, clock: '9', pool: {}, total: {}, rusage: { utime: 0.5 }, broker: { port: 5672 } };
  expect(readProcess({ stats })).toEqual([
    { name: 'pid', text: '1' },
    { name: 'clock', text: '9' },
  ]);
  expect(readUsage({ stats })).toEqual([{ name: 'CPU time, user (s)', text: '0.5' }]);
  expect(readBrokerFacts({ stats })).toEqual([{ name: 'port', text: '5672' }]);
  expect(readSettings({ conf: { b: [{ x: 1 }], a: null } })).toEqual([
    { name: 'a', text: '—' },
    { name: 'b', text: '[{"x":1}]' },
  ]);
  expect(toFacts({ a: { b: { c: true } }, d: [1, 2], e: {} })).toEqual([
    { name: 'a.b.c', text: 'true' },
    { name: 'd', text: '1, 2' },
    { name: 'e', text: '{}' },
  ]);
});
