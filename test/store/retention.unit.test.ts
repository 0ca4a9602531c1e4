import { describe, expect, it } from 'vitest';
import {
  boundSegments,
  keepAll,
  planRetention,
  prune,
  type PrunableStore,
  type RetentionLimits,
  type StoredSegment,
} from '../../server/store/retention.ts';
import { toIntervalS } from '../../server/store/retention-schedule.ts';

const day = 86_400;
const now = 100 * day;

/** Segment 1 is the oldest; the one of age 0 is open. */
const segment = (id: number, ageDays: number, about: Partial<StoredSegment> = {}): StoredSegment => ({
  id,
  createdAt: now - (ageDays + 1) * day,
  sealedAt: ageDays === 0 ? null : now - ageDays * day,
  tasks: 1000,
  bytes: 100,
  onlyFailures: false,
  noEvents: false,
  ...about,
});
const history = [segment(4, 0), segment(3, 10), segment(2, 20), segment(1, 40)];

const plan = (limits: Partial<RetentionLimits>, segments = history) =>
  planRetention(segments, { ...keepAll, ...limits }, now).map(
    ({ segment: { id }, action, onlyFailures, noEvents }) =>
      `${action} ${id}${onlyFailures ? ' failures' : ''}${noEvents ? ' no events' : ''}`,
  );

describe('what goes', () => {
  it.each<[string, Partial<RetentionLimits>, string[]]>([
    ['nothing without limits', {}, []],
    ['segments past the limit', { tasks: 15 * day }, ['drop 1', 'drop 2']],
    ['never the open one', { tasks: 60 }, ['drop 1', 'drop 2', 'drop 3']],
    ['all but failures', { tasks: 15 * day, failures: 30 * day }, ['drop 1', 'reduce 2 failures']],
    ['events before tasks', { tasks: 30 * day, events: 15 * day }, ['drop 1', 'reduce 2 no events']],
    [
      'both at once',
      { tasks: 15 * day, failures: 90 * day, events: 30 * day },
      ['reduce 1 failures no events', 'reduce 2 failures'],
    ],
    ['the oldest when there is too much', { maxBytes: 250 }, ['drop 1', 'drop 2']],
    ['first by age, then by size', { tasks: 30 * day, maxBytes: 250 }, ['drop 1', 'drop 2']],
    [
      'by size only what is left when segments could be made smaller',
      { events: 30 * day, maxBytes: 250 },
      ['reduce 1 no events'],
    ],
  ])('is %s', (_, limits, steps) => {
    expect(plan(limits)).toEqual(steps);
  });

  it('is nothing that is gone already', () => {
    const reduced = history.map((one) => (one.id < 3 ? { ...one, onlyFailures: true, noEvents: true } : one));
    expect(plan({ tasks: 15 * day, failures: 90 * day, events: day }, reduced)).toEqual(['reduce 3 no events']);
  });
});

describe('a run', () => {
  /** A store of numbers; `stubborn` segments cannot be reduced. */
  const storeOf = (stubborn: number[] = []): PrunableStore & { log: string[] } => {
    let segments = history;
    const log: string[] = [];
    return {
      log,
      segments: async () => segments,
      drop: async ({ id }) => {
        log.push(`drop ${id}`);
        segments = segments.filter((one) => one.id !== id);
      },
      reduce: async ({ segment: { id }, onlyFailures, noEvents }) => {
        if (stubborn.includes(id)) return false;
        log.push(`reduce ${id}`);
        segments = segments.map((one) => (one.id === id ? { ...one, onlyFailures, noEvents, bytes: 20 } : one));
        return true;
      },
      forgetBefore: async (time) => void log.push(`forget ${(now - time) / day}`),
    };
  };

  it('drops for want of room only what is still too much when others are smaller', async () => {
    const store = storeOf();
    const limits = { ...keepAll, events: 15 * day, maxBytes: 230 };
    expect(await prune(store, limits, () => now)).toMatchObject({ reduced: 2, segments: 1, bytes: 180, error: null });
    expect(store.log).toEqual(['reduce 1', 'reduce 2', 'drop 1', 'forget 21']);
  });

  it('goes on after a step that could not be done, and says so', async () => {
    const store = storeOf([1]);
    const limits = { ...keepAll, events: 15 * day, maxBytes: 310 };
    const pruned = await prune(store, limits, () => now);
    expect(pruned).toMatchObject({ reduced: 1, error: 'segment 1 is being written to' });
  });

  it('ends between two steps when it is told to', async () => {
    const store = storeOf();
    const controller = new AbortController();
    const stopping: PrunableStore = {
      ...store,
      drop: (one) => {
        controller.abort();
        return store.drop(one);
      },
    };
    await prune(stopping, { ...keepAll, tasks: 60 }, () => now, controller.signal);
    expect(store.log.filter((line) => line.startsWith('drop'))).toEqual(['drop 1']);
  });
});

describe('segments', () => {
  it('are short enough for what is kept, by time and by size', () => {
    const asked = { tasks: 1_000_000, seconds: day };
    expect(boundSegments(asked, keepAll)).toEqual(asked);
    expect(boundSegments(asked, { ...keepAll, tasks: 30 * day })).toEqual(asked);
    expect(boundSegments(asked, { ...keepAll, tasks: 3600 }).seconds).toBe(360);
    expect(boundSegments(asked, { ...keepAll, maxBytes: 500e6 }).tasks).toBe(50_000);
  });

  it('are looked at oftener where little is kept', () => {
    expect(toIntervalS({ ...keepAll, tasks: 30 * day })).toBe(3600);
    expect(toIntervalS({ ...keepAll, tasks: 3600 })).toBe(360);
    expect(toIntervalS({ ...keepAll, maxBytes: 1e9 })).toBe(300);
  });
});
