import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { Redis } from 'ioredis';
import { afterEach, expect, test, vi } from 'vitest';
import { openIngest, type Ingest, type IngestOptions } from '../../server/threads/open-ingest.ts';
import { startRedisServer } from '../helpers/redis-server.ts';
import { makeStore, type TestStore } from '../helpers/stores.ts';

/** The threads that were started, to let one die. */
const threads: Worker[] = [];
vi.mock(import('../../server/threads/open-thread.ts'), async (importOriginal) => {
  const { openThread } = await importOriginal();
  return {
    openThread: (...args: Parameters<typeof openThread>) => {
      const thread = openThread(...args);
      if (args[0] !== 'reader') threads.push(thread);
      return thread;
    },
  };
});

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
  threads.length = 0;
});

const waiting = { timeout: 40_000, interval: 100 };

async function openPlaces() {
  const store = await makeStore('sqlite');
  endings.push(() => store.remove());
  const server = await startRedisServer();
  endings.push(() => server.remove());
  const client = new Redis({ port: server.port, host: '127.0.0.1' });
  endings.push(() => client.disconnect());
  const url = `redis://127.0.0.1:${String(server.port)}/0`;
  /** One message an event, each task once received and once started. */
  const publish = async (from: number, to: number) => {
    for (let at = from; at < to; at += 1000) {
      const pipeline = client.pipeline();
      for (let i = at; i < Math.min(at + 1000, to); i++) {
        const type = i % 2 === 0 ? 'received' : 'started';
        pipeline.publish(`/0.celeryev/task.${type}`, toEnvelope(`task-${type}`, Math.floor(i / 2), i));
      }
      await pipeline.exec();
    }
  };
  return { store, url, publish };
}

function toEnvelope(type: string, task: number, clock: number): string {
  const event = {
    hostname: 'w1@alpha',
    utcoffset: 0,
    pid: 7,
    clock,
    uuid: `task-${task}`,
    name: 'shop.charge',
    args: '(1, 2)',
    kwargs: "{'customer': 4711}",
    timestamp: 1_790_000_000 + clock / 1000,
    type,
  };
  return JSON.stringify({
    body: Buffer.from(JSON.stringify(event)).toString('base64'),
    'content-encoding': 'utf-8',
    'content-type': 'application/json',
    headers: { hostname: 'w1@alpha' },
    properties: {
      delivery_mode: 1,
      delivery_info: { exchange: 'celeryev', routing_key: type.replace('-', '.') },
      priority: 0,
      body_encoding: 'base64',
      delivery_tag: 'x',
    },
  });
}

async function start(url: string, store: TestStore, more: Partial<IngestOptions> = {}): Promise<Ingest> {
  const ingest = await openIngest({
    brokers: [{ url, queue: { mode: 'durable', expiresMs: 60_000, maxBytes: 10_000_000 }, prefetch: 1000 }],
    store: { db: store.db, segmentTasks: 1_000_000, segmentSeconds: 86_400 },
    receiver: { enableEvents: false, maxBacklogBytes: 4 * 1024 * 1024 },
    spool: { folder: join(store.db, 'spool'), maxBytes: 1e9 },
    writer: { flushIntervalMs: 100 },
    log: { info: () => undefined, warn: () => undefined },
    ...more,
  });
  endings.push(() => ingest.stop());
  await vi.waitFor(() => expect(ingest.status().brokers[0]?.connected).toBe(true), waiting);
  return ingest;
}

/** As another process that holds the store's files. */
function lock(store: TestStore): () => void {
  const db = new Database(join(store.db, 'catalog.db'));
  db.exec('BEGIN IMMEDIATE');
  return () => db.close();
}

async function look(store: TestStore) {
  const reader = await store.openReader();
  try {
    return { totals: await reader.totals(), gaps: await reader.gaps(10) };
  } finally {
    await reader.close();
  }
}

const spooledFiles = (store: TestStore) =>
  readdirSync(join(store.db, 'spool')).filter((name) => name.endsWith('.spool'));

test('a locked database costs neither memory nor an event of a burst', async () => {
  const { store, url, publish } = await openPlaces();
  const ingest = await start(url, store);
  await publish(0, 2000);
  await vi.waitFor(() => expect(ingest.status().ingest.stored).toBe(2000), waiting);
  const unlock = lock(store);
  const before = process.memoryUsage.rss();
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 50);
  await publish(2000, 100_000);
  await sleep(1000);
  clearInterval(watch);
  const { backlog, spool_bytes: spoolBytes, dropped } = ingest.status().ingest;
  expect(backlog).toBeGreaterThan(97_000);
  expect(dropped).toBe(0);
  expect(spoolBytes).toBeGreaterThan(30_000_000);
  expect((most - before) / 2 ** 20).toBeLessThan(250);
  unlock();
  await vi.waitFor(() => expect(ingest.status().ingest).toMatchObject({ stored: 100_000, backlog: 0 }), waiting);

  await vi.waitFor(() => expect(ingest.status().ingest.spool_bytes).toBe(0), waiting);
  expect(ingest.status().ingest).toMatchObject({ duplicates: 0, error: null });
  const { totals, gaps } = await look(store);
  expect(totals).toMatchObject({ tasks: 50_000, events: 100_000 });
  expect(gaps).toEqual([]);
});

test('threads that die again and again while the spool is replayed lose nothing of it', async () => {
  const { store, url, publish } = await openPlaces();
  const first = await start(url, store, { stopTimeoutMs: 500 });
  await publish(0, 100);
  await vi.waitFor(() => expect(first.status().ingest.stored).toBe(100), waiting);
  const unlock = lock(store);
  await publish(100, 40_000);
  await sleep(500);
  await first.stop();
  unlock();
  expect(spooledFiles(store).length).toBeGreaterThan(0);

  const second = await start(url, store);
  for (let run = 0; run < 3; run++) {
    await threads.at(run % 2 === 0 ? -1 : -2)!.terminate();
    const count = threads.length;
    await vi.waitFor(() => expect(threads.length).toBeGreaterThanOrEqual(count + 2), waiting);
    await sleep(300);
  }
  await vi.waitFor(() => expect(second.status().brokers[0]?.connected).toBe(true), waiting);
  const totals = { tasks: 20_000, events: 40_000 };
  await vi.waitFor(async () => expect((await look(store)).totals).toMatchObject(totals), waiting);

  await vi.waitFor(() => expect(spooledFiles(store)).toEqual([]), waiting);
  const { gaps } = await look(store);
  expect(gaps.every(({ to }) => to !== null)).toBe(true);
});
