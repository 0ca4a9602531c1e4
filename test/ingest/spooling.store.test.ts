/** Receiver, spool and writer together; the broker and the store are stand-ins, the disk is real. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import type { TailHooks } from '../../server/ingest/spool-tail.ts';
import { openSpoolFolder } from '../../server/ingest/spool-files.ts';
import { Receiver } from '../../server/ingest/receiver.ts';
import { Writer } from '../../server/ingest/writer.ts';
import { makeFolder } from '../helpers/folders.ts';
import { FakeConsumer, FakeStore, taskEvent } from '../helpers/ingest.ts';

const waiting = { timeout: 25_000, interval: 10 };

interface Options {
  folder?: string;
  store?: FakeStore;
  maxBacklogBytes?: number;
  maxBytes?: number;
  stopTimeoutMs?: number;
  maxUnwrittenBytes?: number;
  watermarkMs?: number;
  append?: TailHooks['append'];
}

/** One run of ingest. */
async function start({ folder = makeFolder(), store = new FakeStore(), append, ...options }: Options = {}) {
  const consumer = new FakeConsumer('redis://r', false);
  const spool = await openSpoolFolder(folder);
  const {
    maxBacklogBytes = 100_000,
    maxBytes = 1e9,
    maxUnwrittenBytes = 1e7,
    stopTimeoutMs = 500,
    watermarkMs = 20,
  } = options;
  let isAlive = true;
  const timers = vi.spyOn(globalThis, 'setInterval');
  const writer: Writer = new Writer(
    store,
    store.snapshot,
    { flushIntervalMs: 10, flushEvents: 50, stopTimeoutMs, retryMinMs: 20, retryMaxMs: 20 },
    {
      toReceiver: (answer) => isAlive && setImmediate(() => receiver.hear(structuredClone(answer))),
      onCommit: () => undefined,
    },
  );
  const receiver: Receiver = new Receiver(
    [{ consumer, keepsMs: 0 }],
    { enableEvents: false, maxBacklogBytes, watermarkMs },
    {
      toWriter: (message) => isAlive && setImmediate(() => isAlive && writer.hear(structuredClone(message))),
      onBrokers: () => undefined,
    },
    {
      folder: spool,
      options: { maxBytes, fileBytes: 30_000, maxUnwrittenBytes, retryMs: 20 },
      append: async (file, parts) => {
        if (!isAlive) await new Promise(() => undefined);
        await (append ?? ((handle) => handle.appendFile(Buffer.concat(parts))))(file, parts);
      },
    },
  );
  receiver.start();
  const deliver = (from: number, to: number) => {
    for (const uuid of uuids(from, to)) consumer.deliver(taskEvent(uuid, 'received'));
  };
  const spoolBytes = () => receiver.figures().spoolBytes;
  /** What it has taken is on the disk, but for what has its place in memory. */
  const spooled = () =>
    vi.waitFor(() => {
      const names = readdirSync(folder).filter((name) => name.endsWith('.spool'));
      const bytes = names.reduce((sum, name) => sum + readFileSync(join(folder, name)).length, 0);
      expect(bytes).toBe(spoolBytes());
      expect(bytes).toBeGreaterThan(0);
    }, waiting);
  const stored = (count: number) => vi.waitFor(() => expect(store.storedUuids()).toHaveLength(count), waiting);
  /** As when the process is killed. */
  const kill = () => {
    isAlive = false;
    for (const { value } of timers.mock.results) clearInterval(value as NodeJS.Timeout);
    spool.release();
  };
  return { folder, store, consumer, receiver, deliver, spoolBytes, spooled, stored, kill };
}

const uuids = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `task-${from + i}`);

/** The store waits until it is told to go on. */
function block(store: FakeStore): () => void {
  let open = () => undefined as void;
  store.gate = new Promise((resolve) => (open = resolve));
  return open;
}

test('while the store is blocked memory stays bounded, and afterwards all is stored, in order, without a gap', async () => {
  const { store, consumer, receiver, deliver, spoolBytes, stored, folder } = await start();
  consumer.connect();
  const unblock = block(store);
  for (let at = 0; at < 5000; at += 100) {
    deliver(at, at + 100);
    await sleep(1);
  }
  const figures = receiver.figures();
  expect(figures.backlogBytes).toBeLessThan(300_000);
  expect(figures.spoolBytes).toBeGreaterThan(400_000);
  expect(figures).toMatchObject({ backlog: 5000, dropped: 0 });
  unblock();
  await stored(5000);

  expect(store.storedUuids()).toEqual(uuids(0, 5000));
  await vi.waitFor(() => expect([spoolBytes(), receiver.figures().backlog]).toEqual([0, 0]), waiting);
  const files = () => readdirSync(folder).filter((name) => name.endsWith('.spool'));
  await vi.waitFor(() => expect(files()).toEqual([]), waiting);
  deliver(5000, 5010);
  await stored(5010);
  expect(store.allGaps()).toEqual([]);
  await receiver.stop(1000);
});

test('what comes in while the spool is replayed is stored after what was there before', async () => {
  const { store, consumer, receiver, deliver, stored } = await start();
  consumer.connect();
  const unblock = block(store);
  deliver(0, 2000);
  await sleep(50);
  unblock();
  for (let at = 2000; at < 6000; at += 20) {
    deliver(at, at + 20);
    await sleep(1);
  }
  await stored(6000);

  expect(store.storedUuids()).toEqual(uuids(0, 6000));
  await receiver.stop(1000);
});

test('after a kill what was spooled is stored before anything new, and the gap is what was in memory only', async () => {
  const first = await start();
  first.consumer.connect();
  first.deliver(0, 10);
  await first.stored(10);
  await sleep(50);
  const blockedAt = Date.now() / 1000;
  block(first.store);
  first.deliver(10, 2000);
  const spoolingAt = Date.now() / 1000;
  await sleep(100);
  first.deliver(2000, 2500);
  await sleep(60);
  await first.spooled();
  const killedAt = Date.now() / 1000;
  first.kill();
  await sleep(100);

  const { store } = first;
  store.gate = Promise.resolve();
  const second = await start({ folder: first.folder, store });
  second.consumer.connect();
  const connectedAt = Date.now() / 1000;
  second.deliver(2500, 2600);
  await vi.waitFor(() => expect(store.storedUuids().at(-1)).toBe('task-2599'), waiting);
  const known = store.storedUuids();
  const spooled = known.slice(10);
  expect(spooled).toEqual(uuids(2600 - spooled.length, 2600));
  expect(spooled.length).toBeGreaterThan(1500);

  const [inMemory, away, ...others] = store.allGaps();
  expect(others).toEqual([]);
  expect(inMemory).toMatchObject({ why: 'crashed' });
  expect(inMemory!.from).toBeLessThanOrEqual(blockedAt);
  expect(inMemory!.from).toBeGreaterThan(blockedAt - 0.2);
  expect(Math.abs(inMemory!.to! - spoolingAt)).toBeLessThan(0.2);
  expect(away).toMatchObject({ why: 'crashed' });
  expect(Math.abs(away!.from - killedAt)).toBeLessThan(0.1);
  expect(Math.abs(away!.to! - connectedAt)).toBeLessThan(0.1);
  await second.receiver.stop(1000);
});

test('what the disk lost in the middle of the spool is a gap around it', async () => {
  // So seldom that, as a rule, what is lost itself says nothing of how far was seen.
  const first = await start({ watermarkMs: 1000 });
  first.consumer.connect();
  block(first.store);
  first.deliver(0, 1500);
  await first.spooled();
  const lostAt = Date.now() / 1000;
  first.deliver(1500, 3000);
  const fileOf = (uuid: string) =>
    vi.waitFor(() => {
      const paths = readdirSync(first.folder).map((name) => join(first.folder, name));
      const found = paths.find((path) => path.endsWith('.spool') && readFileSync(path).includes(uuid));
      expect(found).toBeDefined();
      return found!;
    }, waiting);
  await fileOf('task-2999');
  first.deliver(3000, 3010);
  await fileOf('task-3009');
  await sleep(1100);
  first.kill();
  const damaged = await fileOf('task-2999');
  const bytes = readFileSync(damaged);
  writeFileSync(damaged, bytes.fill(0, Math.floor(bytes.length / 2)));

  const { store } = first;
  store.gate = Promise.resolve();
  const second = await start({ folder: first.folder, store });
  second.consumer.connect();
  second.deliver(3010, 3011);
  await vi.waitFor(() => expect(store.storedUuids().at(-1)).toBe('task-3010'), waiting);
  await second.receiver.stop(1000);
  expect(store.storedUuids()).not.toContain('task-2999');
  expect(store.storedUuids()).toContain('task-3000');
  const around = store.allGaps().filter(({ from, to }) => from <= lostAt + 0.001 && to! >= lostAt);
  expect(around).toContainEqual(expect.objectContaining({ why: 'crashed' }));
});

test('at a stop for which the store is too slow, nothing is lost: the gap begins with the stop', async () => {
  for (const count of [20, 3000]) {
    const first = await start();
    first.consumer.connect();
    await sleep(50);
    // What is stored from here on no snapshot tells of.
    vi.spyOn(first.store, 'saveSnapshot').mockResolvedValue();
    first.deliver(0, 5);
    await first.stored(5);
    await sleep(50);
    block(first.store);
    first.deliver(5, count);
    await sleep(100);
    const stoppedAt = Date.now() / 1000;
    await first.receiver.stop(1000);
    await sleep(100);

    const { store } = first;
    store.gate = Promise.resolve();
    vi.restoreAllMocks();
    const second = await start({ folder: first.folder, store });
    second.consumer.connect();
    second.deliver(count, count + 5);
    await vi.waitFor(() => expect(store.storedUuids().at(-1)).toBe(`task-${count + 4}`), waiting);

    expect(store.storedUuids()).toEqual(uuids(0, count + 5));
    await vi.waitFor(() => expect(store.allGaps()).toMatchObject([{ why: 'stopped' }]), waiting);
    const [gap] = store.allGaps();
    expect(Math.abs(gap!.from - stoppedAt)).toBeLessThan(0.1);
    expect(gap!.to! - gap!.from).toBeGreaterThan(0.1);
    await second.receiver.stop(1000);
  }
});

test('a lost connection is a gap at its place, also when only the spool knows of it', async () => {
  const first = await start();
  first.consumer.connect();
  await sleep(50);
  block(first.store);
  first.deliver(0, 1000);
  await sleep(50);
  first.consumer.disconnect('ECONNRESET');
  const lostAt = Date.now() / 1000;
  await sleep(100);
  first.consumer.connect();
  const backAt = Date.now() / 1000;
  first.deliver(1000, 1100);
  await sleep(50);
  await first.spooled();
  first.kill();

  const { store } = first;
  store.gate = Promise.resolve();
  const second = await start({ folder: first.folder, store });
  second.consumer.connect();
  await vi.waitFor(() => expect(second.spoolBytes()).toBe(0), waiting);
  const gap = store.allGaps().find(({ why }) => why === 'disconnected');
  expect(Math.abs(gap!.from - lostAt)).toBeLessThan(0.05);
  expect(Math.abs(gap!.to! - backAt)).toBeLessThan(0.05);
  await second.receiver.stop(1000);
});

test('beyond the bound of the spool the newest are dropped, and that is a gap', async () => {
  const { store, consumer, receiver, deliver, spoolBytes } = await start({ maxBytes: 200_000 });
  consumer.connect();
  const unblock = block(store);
  deliver(0, 500);
  await sleep(50);
  const fullAt = Date.now() / 1000;
  deliver(500, 3000);
  await sleep(50);
  const { dropped } = receiver.figures();
  expect(dropped).toBeGreaterThan(100);
  // What is being packed is not counted yet.
  expect(spoolBytes()).toBeLessThan(300_000);
  unblock();
  await vi.waitFor(() => expect(receiver.figures().backlog).toBe(0), waiting);
  const emptyAt = Date.now() / 1000;
  await sleep(50);
  deliver(3000, 3010);
  await vi.waitFor(() => expect(store.storedUuids().at(-1)).toBe('task-3009'), waiting);

  expect(store.storedUuids()).toEqual([...uuids(0, 3000 - dropped), ...uuids(3000, 3010)]);
  expect(store.allGaps()).toMatchObject([{ why: 'overflow', to: expect.any(Number) as number }]);
  const [gap] = store.allGaps();
  expect(Math.abs(gap!.from - fullAt)).toBeLessThan(0.5);
  expect(gap!.to).toBeLessThan(emptyAt + 0.5);
  await receiver.stop(1000);
});

test('what waits for a disk that is slow may have the memory that the writer has given back', async () => {
  let goOn = () => undefined as void;
  const stalled = new Promise<void>((resolve) => (goOn = resolve));
  const append: TailHooks['append'] = async (file, parts) => {
    await stalled;
    await file.appendFile(Buffer.concat(parts));
  };
  const { store, consumer, receiver, deliver, spoolBytes, stored } = await start({
    append,
    maxUnwrittenBytes: 100_000,
  });
  consumer.connect();
  const unblock = block(store);
  let delivered = 0;
  const deliverUntil = async (bytes: number) => {
    while (spoolBytes() < bytes && receiver.figures().dropped === 0) {
      deliver(delivered, (delivered += 20));
      await sleep(6);
    }
  };
  await deliverUntil(10_000);
  unblock();
  await vi.waitFor(() => expect(receiver.figures().backlogBytes).toBe(0), waiting);
  await deliverUntil(180_000);
  expect(receiver.figures().dropped).toBe(0);
  goOn();
  await stored(delivered);

  expect(store.storedUuids()).toEqual(uuids(0, delivered));
  expect(store.allGaps()).toEqual([]);
  await receiver.stop(1000);
});

test('with a full disk it goes on in memory, drops what is too much, and tells so', async () => {
  const append = () => Promise.reject(new Error('ENOSPC: no space left on device'));
  const { store, consumer, receiver, deliver } = await start({ append, maxUnwrittenBytes: 200_000 });
  consumer.connect();
  const unblock = block(store);
  deliver(0, 3000);
  await sleep(50);
  const { dropped, backlogBytes } = receiver.figures();
  expect(dropped).toBeGreaterThan(100);
  expect(backlogBytes).toBeLessThan(110_000);
  unblock();
  await vi.waitFor(() => expect(receiver.figures().backlog).toBe(0), waiting);
  await sleep(50);
  deliver(3000, 3010);
  await vi.waitFor(() => expect(store.storedUuids().at(-1)).toBe('task-3009'), waiting);

  expect(store.storedUuids()).toEqual([...uuids(0, 3000 - dropped), ...uuids(3000, 3010)]);
  expect(store.allGaps()).toMatchObject([{ why: 'overflow', to: expect.any(Number) as number }]);
  await receiver.stop(1000);
});
