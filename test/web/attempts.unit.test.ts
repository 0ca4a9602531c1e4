import { describe, expect, it } from 'vitest';
import { toTicks, toTimeline } from '../../web/src/models/attempts.ts';
import { taskBody } from '../helpers/bodies.ts';

const event = (type: string, timestamp: number, fields: Record<string, unknown> = {}) => ({
  type: `task-${type}`,
  uuid: 'x',
  hostname: 'a@host',
  timestamp,
  clock: null,
  pid: null,
  ...fields,
});

/** As Celery sends them: the retry before the word that there will be one. */
const retried = [
  event('sent', 100, { retries: 0 }),
  event('received', 101, { retries: 0 }),
  event('started', 102),
  event('sent', 104, { retries: 1, eta: '1970-01-01T00:01:50+00:00' }),
  event('received', 104.5, { retries: 1, eta: '1970-01-01T00:01:50+00:00' }),
  event('retried', 105, { exception: 'GatewayBusy(503)' }),
  event('started', 111),
  event('succeeded', 115),
];

const spansOf = (...args: Parameters<typeof toTimeline>) =>
  toTimeline(...args)?.attempts.map(({ spans }) =>
    spans.map(({ kind, from, to, isRunning }) => `${kind} ${from}-${to}${isRunning ? '…' : ''}`),
  );

describe('the attempts of a task', () => {
  it('are told apart, though a retry is sent before the attempt that asks for it ends', () => {
    expect(spansOf(taskBody(), retried, 999)).toEqual([
      ['queue 100-101', 'prefetch 101-102', 'run 102-105'],
      ['queue 104-104.5', 'held 104.5-110', 'prefetch 110-111', 'run 111-115'],
    ]);
    const timeline = toTimeline(taskBody(), retried, 999);
    expect(timeline?.attempts.map(({ number, end }) => [number, end?.state])).toEqual([
      [1, 'RETRY'],
      [2, 'SUCCESS'],
    ]);
    expect(timeline?.attempts[0]?.exception).toBe('GatewayBusy(503)');
    expect([timeline?.from, timeline?.to]).toEqual([100, 115]);
  });

  it('go on until now where nothing has ended them', () => {
    const running = taskBody({ state: 'STARTED', succeeded: null });
    expect(spansOf(running, retried.slice(0, 3), 130)).toEqual([['queue 100-101', 'prefetch 101-102', 'run 102-130…']]);
    const queued = taskBody({ state: 'PENDING', received: null, started: null, succeeded: null });
    expect(spansOf(queued, retried.slice(0, 1), 130)).toEqual([['queue 100-130…']]);
    const held = taskBody({ state: 'RECEIVED', started: null, succeeded: null });
    expect(spansOf(held, retried.slice(0, 6), 107)?.[1]).toEqual(['queue 104-104.5', 'held 104.5-107…']);
  });

  it('wait already for their turn while the task is to be retried', () => {
    const waiting = taskBody({ state: 'RETRY', retried: 105, succeeded: null });
    expect(spansOf(waiting, retried.slice(0, 6), 107)?.[1]).toEqual(['queue 104-104.5', 'held 104.5-107…']);
  });

  it('end as the task does where no event told it, and are left open where nobody knows', () => {
    const events = retried.slice(0, 3);
    expect(spansOf(taskBody({ succeeded: 120 }), events, 999)?.[0]?.at(-1)).toBe('run 102-120');
    const lost = taskBody({ state: 'LOST', succeeded: null, timestamp: 500 });
    expect(spansOf(lost, events, 999)).toEqual([['queue 100-101', 'prefetch 101-102']]);
  });

  it('are two of one number when a message was delivered twice', () => {
    const again = [...retried.slice(0, 3), event('received', 120, { retries: 0 }), event('started', 121)];
    const timeline = toTimeline(taskBody({ state: 'STARTED', succeeded: null }), again, 130);
    expect(timeline?.attempts.map(({ number, isRedelivered }) => [number, isRedelivered])).toEqual([
      [1, false],
      [1, true],
    ]);
  });

  it('are one, as the task itself knows it, when its events are no longer kept', () => {
    expect(spansOf(taskBody(), [], 999)).toEqual([['queue 100-101', 'prefetch 101-103', 'run 103-110']]);
    expect(toTimeline(taskBody({ sent: null, received: null, started: null, succeeded: null }), [], 999)).toBeNull();
  });
});

it('has ticks at round distances, whatever the length', () => {
  expect(toTicks(10, 5)).toEqual([0, 2, 4, 6, 8, 10]);
  expect(toTicks(0.0042, 5)).toHaveLength(5);
  expect(toTicks(90_000, 5)).toEqual([0, 21_600, 43_200, 64_800, 86_400]);
  expect(toTicks(86_400 * 30, 5).length).toBeLessThanOrEqual(6);
});
