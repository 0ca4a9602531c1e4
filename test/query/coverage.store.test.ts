import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readEvents } from '../../server/celery/read-events.ts';
import type { CeleryEvent } from '../../server/celery/event.ts';
import type { CoverageBody } from '../../server/contract/coverage.ts';
import { openCoverageQuery } from '../../server/query/coverage.ts';
import type { CoverageRange } from '../../server/query/queries.ts';
import type { StoreReader, StoreWriter } from '../../server/store/store.ts';
import { taskEvent, toBatch, uuidOf } from '../helpers/batches.ts';
import { isMessageLine, readCapture, toDelivery } from '../helpers/captures.ts';
import { makeStore, onEveryEngine, type TestStore } from '../helpers/stores.ts';

const t0 = 1_700_000_040;
const minute = 60;

let clock = 0;
const heartbeat = (at: number, processed: number, fields: Partial<CeleryEvent> = {}): CeleryEvent => ({
  type: 'worker-heartbeat',
  hostname: 'w1@alpha',
  timestamp: t0 + at,
  clock: ++clock,
  pid: 42,
  freq: 2,
  processed,
  ...fields,
});
const online = (at: number, fields: Partial<CeleryEvent> = {}) =>
  heartbeat(at, 0, { type: 'worker-online', ...fields });

let id = 0;
/** Tasks that begin, one a second. */
const starts = (at: number, count: number, fields: Partial<CeleryEvent> = {}): CeleryEvent[] =>
  Array.from({ length: count }, (_, i) => taskEvent('started', uuidOf(++id), t0 - 1_700_000_000 + at + i, fields));

/**
 * Recordings in which nothing was lost: what each worker said to have processed, and the `task-started` that were sent.
 * The workers w2 begin with their task events off, and one task of each recording has `send_events=False`.
 */
const recordings = [
  ['events-redis-5.2.6', { 'w1@alpha': [159, 159], 'w2@beta': [216, 202] }],
  ['events-redis-5.6.3', { 'w1@alpha': [255, 255], 'w2@beta': [120, 108] }],
  ['events-amqp-5.2.6', { 'w1@alpha': [173, 172], 'w2@beta': [202, 188] }],
  ['events-amqp-5.6.3', { 'w1@alpha': [170, 170], 'w2@beta': [206, 184] }],
  ['terminate-nobackend-redis-5.2.6', { 't1@host': [5, 5] }],
  ['terminate-nobackend-redis-5.6.3', { 't1@host': [5, 5] }],
] as const;

const readRecording = (name: string): CeleryEvent[] =>
  readCapture(name)
    .filter(isMessageLine)
    .flatMap((line) => readEvents(toDelivery(line)).events);

const rangeOf = (events: CeleryEvent[]): CoverageRange => ({
  from: Math.min(...events.map(({ timestamp }) => timestamp)) - 600,
  to: Math.max(...events.map(({ timestamp }) => timestamp)) + 600,
});

const inBatches = (events: CeleryEvent[], size: number): CeleryEvent[][] =>
  Array.from({ length: Math.ceil(events.length / size) }, (_, i) => events.slice(i * size, (i + 1) * size));

const shuffled = <T>(items: T[]): T[] => {
  let state = 1;
  const random = () => (state = (state * 48_271) % 2_147_483_647);
  return items
    .map((item) => ({ item, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
};

const byWorker = ({ workers }: CoverageBody): object =>
  Object.fromEntries(workers.map(({ hostname, processed, seen }) => [hostname, [processed, seen]]));

onEveryEngine((engine) => {
  let store: TestStore;
  let writer: StoreWriter;
  let reader: StoreReader;

  beforeEach(async () => {
    store = await makeStore(engine);
    writer = await store.openWriter();
    reader = await store.openReader();
  });

  afterEach(async () => {
    await reader.close();
    await writer.close();
    await store.remove();
  });

  const write = async (...events: (CeleryEvent | CeleryEvent[])[]) => {
    await writer.write(toBatch(events.flat()));
  };
  const ask = (range: CoverageRange) => openCoverageQuery(reader, () => 7)(range);
  /** By bucket of a minute from `t0` on: what was processed, and seen. */
  const overTime = async (minutes: number, from = t0) => {
    const { over_time } = await ask({ from, to: from + minutes * minute, step: minute });
    return over_time.map(({ processed, seen }) => [processed, seen]);
  };

  it.each(recordings)('finds in %s what was recorded of what the workers did', async (name, expected) => {
    const events = readRecording(name);
    for (const batch of inBatches(events, 50)) await write(batch);
    const answer = await ask(rangeOf(events));
    expect(byWorker(answer)).toMatchObject(expected);
    for (const { processed, seen, ratio } of answer.workers) {
      expect(ratio).toBe(processed === 0 ? null : seen / processed);
    }
  });

  it('is the same for a stream that comes doubled, out of order and in other batches', async () => {
    const events = readRecording('events-redis-5.6.3');
    for (const batch of inBatches(shuffled([...events, ...events]), 97)) await write(batch);
    expect(byWorker(await ask(rangeOf(events)))).toMatchObject({ 'w1@alpha': [255, 255], 'w2@beta': [120, 108] });
  });

  it('is the same when history was cut into many segments', async () => {
    await writer.close();
    writer = await store.openWriter({ segmentTasks: 40 });
    const events = readRecording('events-redis-5.6.3');
    for (const batch of inBatches(events, 50)) await write(batch);
    expect((await reader.totals()).segments).toBeGreaterThan(5);
    expect(byWorker(await ask(rangeOf(events)))).toMatchObject({ 'w1@alpha': [255, 255], 'w2@beta': [120, 108] });
  });

  it('shows what was lost, by worker and in the minute in which the worker told it', async () => {
    await write(online(0), starts(1, 5), heartbeat(30, 5));
    await write(heartbeat(90, 15), starts(100, 10), heartbeat(118, 25));
    await write(online(0, { hostname: 'w2@beta' }), starts(2, 4, { hostname: 'w2@beta' }));
    await write(heartbeat(150, 4, { hostname: 'w2@beta' }), heartbeat(150, 25));
    const answer = await ask({ from: t0, to: t0 + 3 * minute, step: 60 });
    expect(answer).toMatchObject({ from: t0, to: t0 + 180, gaps: [], lag_ms: 7 });
    expect(answer.workers).toEqual([
      { hostname: 'w1@alpha', processed: 25, seen: 15, ratio: 0.6 },
      { hostname: 'w2@beta', processed: 4, seen: 4, ratio: 1 },
    ]);
    expect(answer.over_time).toEqual([
      { from: t0, to: t0 + 60, processed: 5, seen: 5, ratio: 1 },
      { from: t0 + 60, to: t0 + 120, processed: 20, seen: 10, ratio: 0.5 },
      { from: t0 + 120, to: t0 + 180, processed: 4, seen: 4, ratio: 1 },
    ]);
  });

  it('counts of a part of the time only what belongs to it', async () => {
    await write(online(0), starts(1, 5), heartbeat(30, 9), starts(61, 2), heartbeat(70, 11), heartbeat(130, 13));
    expect(await overTime(1)).toEqual([[9, 5]]);
    expect(await overTime(1, t0 + 60)).toEqual([[2, 2]]);
    expect(await overTime(1, t0 + 120)).toEqual([[2, 0]]);
    expect(await overTime(2, t0 + 120)).toEqual([
      [2, 0],
      [0, 0],
    ]);
    // The last number of the process is a day old.
    await write(heartbeat(90_000, 20));
    expect(await overTime(1, t0 + 90_000)).toEqual([[7, 0]]);
  });

  it('does not blame itself for what ran before it began to watch', async () => {
    await write(heartbeat(10, 1000), starts(11, 3), heartbeat(20, 1003), heartbeat(70, 1010));
    expect(await overTime(2)).toEqual([
      [3, 3],
      [7, 0],
    ]);
  });

  it('counts what a worker did that came up in a gap, and names the gap', async () => {
    const broker = 'redis://localhost:6379/0';
    await write(online(-600), starts(-599, 4), heartbeat(-580, 4));
    await writer.saveGap({ from: t0 - 500, to: t0 + 5, broker, why: 'crashed' });
    await writer.saveGap({ from: t0 - 90_000, to: t0 - 89_000, broker, why: 'stopped' });
    await write(heartbeat(10, 6), heartbeat(10, 1000, { pid: 43 }));
    const { gaps, workers } = await ask({ from: t0, to: t0 + 60 });
    expect(gaps).toEqual([{ from: t0 - 500, to: t0 + 5, broker, why: 'crashed' }]);
    expect(workers).toMatchObject([{ hostname: 'w1@alpha', processed: 1002, seen: 0, ratio: 0 }]);
  });

  it('counts on when a container gives a new worker the pid of the old one', async () => {
    await write(online(0), starts(1, 8), heartbeat(20, 8), online(62), starts(63, 3), heartbeat(80, 4));
    expect(await overTime(2)).toEqual([
      [8, 8],
      [4, 3],
    ]);
  });

  it('sees tasks of retried attempts each time, and takes requested heartbeats for no number', async () => {
    const [first, second] = [taskEvent('started', uuidOf(900), 45), taskEvent('started', uuidOf(900), 50)];
    await write(online(0), first, second, heartbeat(15, 2));
    await write({ ...heartbeat(20, 0), processed: undefined });
    expect(await overTime(1)).toEqual([[2, 2]]);
  });

  it('chooses buckets that are enough to see by, and refuses more than an answer may have', async () => {
    expect((await ask({ from: t0, to: t0 + 86_400 })).over_time).toHaveLength(96);
    expect((await ask({ from: t0 + 1, to: t0 + 3601 })).over_time).toHaveLength(61);
    expect((await ask({ from: 0, to: 4e9 })).over_time.length).toBeLessThanOrEqual(121);
    const uneven = await ask({ from: t0, to: t0 + 150, step: 90 });
    expect(uneven.over_time.map(({ from, to }) => to - from)).toEqual([120, 60]);
    await expect(ask({ from: t0, to: t0 + 86_400, step: 60 })).rejects.toMatchObject({
      code: 'bad_request',
      message: expect.stringMatching(/at least 120 s/) as string,
    });
    await expect(ask({ from: t0, to: t0 })).rejects.toMatchObject({ code: 'bad_request' });
  });
});

describe('two writers on one Postgres', () => {
  let store: TestStore;
  beforeEach(async () => {
    store = await makeStore('postgres');
  });
  afterEach(() => store.remove());

  it.each([
    ['each see one half', (n: number) => n % 2 === 0, (n: number) => n % 2 === 1],
    ['both see everything', () => true, () => true],
    ['see parts that overlap', (n: number) => n % 3 < 2, (n: number) => n % 3 > 0],
  ])('note the same coverage when they %s', async (_how, isOfFirst, isOfSecond) => {
    const events = readRecording('events-redis-5.6.3');
    const [first, second] = [await store.openWriter(), await store.openWriter()];
    const writeAll = async (writer: StoreWriter, own: CeleryEvent[]) => {
      for (const batch of inBatches(own, 60)) await writer.write(toBatch(batch));
    };
    await Promise.all([
      writeAll(
        first,
        events.filter((_, n) => isOfFirst(n)),
      ),
      writeAll(
        second,
        events.filter((_, n) => isOfSecond(n)),
      ),
    ]);
    const reader = await store.openReader();
    const answer = await openCoverageQuery(reader, () => 0)(rangeOf(events));
    await Promise.all([reader.close(), first.close(), second.close()]);
    expect(byWorker(answer)).toMatchObject({ 'w1@alpha': [255, 255], 'w2@beta': [120, 108] });
    expect(answer.workers[0]?.ratio).toBe(1);
  });
});
