import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openTaskQueries } from '../../server/query/tasks.ts';
import { keepAll, type RetentionLimits } from '../../server/store/retention.ts';
import type { StoreReader, StoreWriter } from '../../server/store/store.ts';
import { openThread } from '../../server/threads/open-thread.ts';
import { successOf, taskEvent, toBatch, uuidOf } from '../helpers/batches.ts';
import { makeStore, onEveryEngine, type TestStore } from '../helpers/stores.ts';

const day = 86_400;
const start = 1_700_000_000;

/** A task that failed, its events at `at` seconds after the start. */
const failureOf = (uuid: string, at: number) => [
  taskEvent('received', uuid, at, { name: 'shop.charge', args: '(4711,)', kwargs: '{}' }),
  taskEvent('started', uuid, at + 0.1),
  taskEvent('failed', uuid, at + 0.2, { exception: "KeyError('flower')", traceback: 'Traceback' }),
];

onEveryEngine((engine) => {
  let store: TestStore;
  let writer: StoreWriter;
  let reader: StoreReader;
  let now: number;

  const open = (limits: Partial<RetentionLimits>): Promise<StoreWriter> =>
    store.openWriter({
      segmentSeconds: day,
      now: () => now,
      retention: { ...keepAll, ...limits },
      startRewriter: (job) => openThread('rewriter', job),
    });
  const reopen = async (limits: Partial<RetentionLimits>): Promise<void> => {
    await writer.close();
    writer = await open(limits);
  };

  /** Days 0 to 3, a segment each: three tasks that succeeded, and one that failed. */
  const writeDays = async (): Promise<void> => {
    for (let n = 0; n < 4; n++) {
      now = start + n * day + 10;
      const fine = [0, 1, 2].flatMap((i) => successOf(uuidOf(n * 10 + i), n * day + i));
      await writer.write(toBatch([...fine, ...failureOf(uuidOf(n * 10 + 9), n * day + 3)]));
    }
    now = start + 3 * day + 20;
  };
  const uuids = async (): Promise<string[]> => {
    const found: string[] = [];

    for await (const bodies of openTaskQueries(reader).list({ limit: 100, offset: 0 }))
      found.push(...bodies.map(({ uuid }) => uuid));
    return found.sort();
  };
  const daysLeft = async () => [...new Set((await uuids()).map((uuid) => Math.floor(Number(uuid.slice(-4)) / 10)))];

  beforeEach(async () => {
    now = start;
    store = await makeStore(engine);
    writer = await open({});
    reader = await store.openReader();
    await writeDays();
  });

  afterEach(async () => {
    await reader.close();
    await writer.close();
    await store.remove();
  });

  it('keeps everything unless told otherwise', async () => {
    expect(await writer.prune(0)).toMatchObject({ segments: 0, reduced: 0, tasks: 0, bytes: 0, error: null });
    expect(await reader.totals()).toMatchObject({ tasks: 16, segments: 4, oldest: start });
  });

  it('drops whole segments that are too old, and says the oldest that is left', async () => {
    await reopen({ tasks: 1.5 * day });
    expect(await daysLeft()).toEqual([0, 1, 2, 3]);
    expect(await writer.prune(0)).toMatchObject({ segments: 1, tasks: 4, error: null });
    expect(await reader.totals()).toMatchObject({ tasks: 12, events: 36, segments: 3, oldest: start + day });
    expect(await daysLeft()).toEqual([1, 2, 3]);
  });

  it('never drops the segment that tasks go to, and goes on writing', async () => {
    await reopen({ tasks: 60 });
    now += day / 2;
    await writer.prune(0);
    await writer.write(toBatch(successOf(uuidOf(99), 3.6 * day)));
    expect(await uuids()).toContain(uuidOf(99));
  });

  it('keeps failures longer than the rest, with their events, found as before', async () => {
    await reopen({ tasks: 1.5 * day, failures: 30 * day });
    expect(await writer.prune(0)).toMatchObject({ segments: 0, reduced: 1, tasks: 3, error: null });
    expect((await uuids()).filter((uuid) => uuid < uuidOf(10))).toEqual([uuidOf(9)]);
    const queries = openTaskQueries(reader);
    expect(await queries.find(uuidOf(9))).toMatchObject({ state: 'FAILURE', args: '(4711,)', traceback: 'Traceback' });
    expect(await queries.events(uuidOf(9))).toHaveLength(3);
    expect(await reader.totals()).toMatchObject({ tasks: 13, oldest: start + 3 });
    expect(await writer.prune(0)).toMatchObject({ reduced: 0, error: null });
  });

  it('takes late events for what is left of a reduced segment', async () => {
    await reopen({ tasks: 1.5 * day, failures: 30 * day });
    await writer.prune(0);
    await writer.write(toBatch([taskEvent('retried', uuidOf(9), 4, { exception: 'late' })]));
    expect(await openTaskQueries(reader).events(uuidOf(9))).toHaveLength(4);
    expect((await uuids()).filter((uuid) => uuid === uuidOf(9))).toHaveLength(1);
  });

  it('drops a segment in which nothing had failed, and failures in their turn', async () => {
    await reopen({ tasks: 1.5 * day, failures: 2.5 * day });
    await writer.prune(0);
    now += 2 * day;
    await writer.prune(0);
    expect((await uuids()).filter((uuid) => uuid < uuidOf(30))).toEqual([uuidOf(29)]);
  });

  it('lets events go before their tasks', async () => {
    await reopen({ events: 1.5 * day });
    expect(await writer.prune(0)).toMatchObject({ segments: 0, reduced: 1, tasks: 0, error: null });
    const queries = openTaskQueries(reader);
    expect(await queries.events(uuidOf(1))).toEqual([]);
    expect(await queries.find(uuidOf(1))).toMatchObject({ state: 'SUCCESS', result: "'done'" });
    expect(await queries.events(uuidOf(11))).toHaveLength(3);
    expect(await reader.totals()).toMatchObject({ tasks: 16, events: 36 });
    // The other way round would be an event that no table has a place for.
    await writer.write(toBatch([taskEvent('revoked', uuidOf(1), 5)]));
    expect(await queries.events(uuidOf(1))).toHaveLength(1);
  });

  it('drops the oldest segments first when there is too much', async () => {
    // Its write-ahead log is a part of a file until it is closed.
    await writer.close();
    const segments = await reader.storedSegments();
    const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
    writer = await open({ maxBytes: bytes - 1 });
    expect(await writer.prune(0)).toMatchObject({ segments: 1, tasks: 4 });
    expect(await daysLeft()).toEqual([1, 2, 3]);
  });

  it('does not raise a task from the dead when it hears of it late', async () => {
    await reopen({ tasks: 1.5 * day });
    await writer.prune(0);
    const late = await writer.write(toBatch([taskEvent('succeeded', uuidOf(1), 5), ...successOf(uuidOf(50), 3 * day)]));
    expect(late.tasks.map(({ uuid }) => uuid)).toEqual([uuidOf(50)]);
    expect(await uuids()).not.toContain(uuidOf(1));
  });

  it('forgets what only the dropped part was about', async () => {
    const gap = (from: number) => ({ broker: 'redis://x', from, to: from + 5, why: 'stopped' as const });
    await writer.saveGap(gap(start + 100));
    await writer.saveGap(gap(start + 2 * day));
    await writer.write(
      toBatch([{ ...taskEvent('x', 'x', 0), type: 'worker-heartbeat', hostname: 'old@alpha' }], start),
    );
    await reopen({ tasks: 1.5 * day });
    await writer.prune(0);
    expect((await reader.gaps(10)).map(({ from }) => from)).toEqual([start + 2 * day]);
  });

  it('leaves nothing behind', async () => {
    await reopen({ tasks: 1.5 * day, failures: 30 * day, events: 0.5 * day });
    await writer.prune(0);
    if (engine === 'sqlite') {
      const files = readdirSync(join(store.db, 'segments')).filter((name) => name.endsWith('.db'));
      expect(files.sort()).toEqual(['000001-1.db', '000002-1.db', '000003.db', '000004.db']);
    }
    expect((await reader.segments()).length).toBe(engine === 'sqlite' ? 4 : 1);
    expect(await daysLeft()).toEqual([0, 1, 2, 3]);
  });

  it('remembers what it did for those who read', async () => {
    expect(await reader.retention()).toEqual({ last: null, next: null });
    const last = { at: now, took_ms: 3, segments: 1, reduced: 0, tasks: 4, bytes: 5, error: null };
    await writer.saveRetention({ last, next: now + 3600 });
    expect(await reader.retention()).toEqual({ last, next: now + 3600 });
    expect(await writer.loadRetention()).toEqual({ last, next: now + 3600 });
  });
});
