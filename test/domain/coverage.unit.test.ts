import { describe, expect, it } from 'vitest';
import type { CeleryEvent } from '../../server/celery/event.ts';
import { toCoverageNotes } from '../../server/domain/coverage.ts';

function event(type: string, fields: Partial<CeleryEvent> = {}): CeleryEvent {
  return { type, hostname: 'w1@alpha', timestamp: 600.5, clock: 1, pid: 7, ...fields };
}

describe('what an event says of coverage', () => {
  it('counts a task that begins, in the minute in which it began', () => {
    expect(toCoverageNotes(event('task-started', { uuid: 'a' }))).toEqual([
      { minute: 10, started: 1, processed: null },
    ]);
  });

  it.each(['worker-online', 'worker-heartbeat', 'worker-offline'])('takes what %s says', (type) => {
    expect(toCoverageNotes(event(type, { processed: 12 }))).toEqual([{ minute: 10, started: 0, processed: 12 }]);
  });

  it('knows that a process that has begun nothing had begun nothing before', () => {
    expect(toCoverageNotes(event('worker-online', { processed: 0 }))).toEqual([
      { minute: 9, started: 0, processed: 0 },
      { minute: 10, started: 0, processed: 0 },
    ]);
  });

  it.each([
    ['a heartbeat on request', event('worker-heartbeat', { freq: 5 })],
    ['a number that is none', event('worker-heartbeat', { processed: -1 })],
    ['a task that ends', event('task-succeeded', { uuid: 'a', processed: 3 })],
    ['an event of users', event('shop-opened', { processed: 3 })],
  ])('learns nothing from %s', (_what, told) => {
    expect(toCoverageNotes(told)).toEqual([]);
  });
});
