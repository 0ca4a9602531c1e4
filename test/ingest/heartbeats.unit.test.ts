import { describe, expect, test } from 'vitest';
import type { CeleryEvent } from '../../server/celery/event.ts';
import { HeartbeatPromises, Silence, toSilenceLimitMs } from '../../server/ingest/heartbeats.ts';

const heartbeat = (hostname: string, fields: Partial<CeleryEvent> = {}): CeleryEvent => ({
  type: 'worker-heartbeat',
  hostname,
  timestamp: 1000,
  clock: 1,
  freq: 2,
  processed: 0,
  ...fields,
});

/** What is told of broker 0, in order. */
function toldAfter(...events: (CeleryEvent | 'forget')[]): (number | null)[] {
  const told: (number | null)[] = [];
  const promises = new HeartbeatPromises((broker, heartbeatMs) => void (broker === 0 && told.push(heartbeatMs)));
  for (const event of events) {
    if (event === 'forget') promises.forget(0);
    else promises.note(0, event);
    promises.note(1, heartbeat('elsewhere', { freq: 1 }));
  }
  return told;
}

describe('workers promise', () => {
  test('as much as the quickest of them, which is told when it changes', () => {
    const slow = heartbeat('w1', { freq: 60 });
    expect(toldAfter(slow, slow, heartbeat('w2'), slow, heartbeat('w2', { type: 'worker-offline' }))).toEqual([
      60_000, 2000, 60_000,
    ]);
  });

  test('nothing, when the last one said that it stops, or the connection is a new one', () => {
    const stops = heartbeat('w1', { type: 'worker-offline' });
    expect(toldAfter(heartbeat('w1'), stops, heartbeat('w1'), 'forget', 'forget')).toEqual([2000, null, 2000, null]);
  });

  test('nothing by tasks, or by heartbeats that we asked for', () => {
    expect(
      toldAfter(
        { ...heartbeat('w1'), type: 'task-started', uuid: 'a' },
        heartbeat('w1', { freq: 5, processed: undefined }),
        heartbeat('w1', { freq: -1 }),
      ),
    ).toEqual([]);
  });
});

test('silence is too long after three heartbeats, and never before the least time', () => {
  expect(toSilenceLimitMs(2000, 30_000)).toBe(30_000);
  expect(toSilenceLimitMs(20_000, 30_000)).toBe(60_000);
});

describe('a silence', () => {
  test('is noticed once, and only after all of the time', () => {
    const silence = new Silence();
    silence.heard(5_000);
    silence.expect(1_000);
    expect([500, 500, 500, 500, 500, 500].map((ms) => silence.passed(ms))).toEqual([
      false,
      false,
      true,
      false,
      false,
      false,
    ]);
    expect(silence.sinceMs).toBe(5_000);
  });

  test('ends with anything that comes', () => {
    const silence = new Silence();
    silence.expect(1_000);
    silence.passed(900);
    silence.heard(7_000);
    expect(silence.passed(900)).toBe(false);
    expect(silence.passed(900)).toBe(true);
  });

  test('may last where nothing is expected', () => {
    const silence = new Silence();
    silence.expect(1_000);
    silence.expect(null);
    expect(silence.passed(1e9)).toBe(false);
  });
});
