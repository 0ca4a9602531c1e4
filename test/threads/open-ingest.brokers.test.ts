import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { connect } from 'amqplib';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { readEvents } from '../../server/celery/read-events.ts';
import type { CommitChange } from '../../server/ingest/change.ts';
import { openIngest, type Ingest, type IngestOptions, type IngestStatus } from '../../server/threads/open-ingest.ts';
import { readCapture, type CaptureLine } from '../helpers/captures.ts';
import { toDelivery } from '../helpers/ingest.ts';
import { makeVhost } from '../helpers/rabbitmq.ts';
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

const waiting = { timeout: 30_000, interval: 50 };
const log = { info: () => undefined, warn: () => undefined };

async function makeFolderStore(): Promise<TestStore> {
  const store = await makeStore('sqlite');
  endings.push(() => store.remove());
  return store;
}

interface Running {
  ingest: Ingest;
  changes: CommitChange[];
  states: IngestStatus[];
}

async function start(url: string, store: TestStore, more: Partial<IngestOptions> = {}): Promise<Running> {
  const ingest = await openIngest({
    brokers: [{ url, queue: { mode: 'durable', expiresMs: 60_000, maxBytes: 10_000_000 }, prefetch: 1000 }],
    store: { db: store.db, segmentTasks: 1_000_000, segmentSeconds: 86_400 },
    receiver: { enableEvents: true },
    writer: { flushIntervalMs: 100 },
    log,
    ...more,
  });
  endings.push(() => ingest.stop());
  const changes: CommitChange[] = [];
  const states: IngestStatus[] = [];
  ingest.onCommit((change) => void changes.push(change));
  ingest.onState((status) => void states.push(status));
  await vi.waitFor(() => expect(ingest.status().brokers[0]?.connected).toBe(true), waiting);
  return { ingest, changes, states };
}

function untilStored(ingest: Ingest, events: number): Promise<void> {
  return vi.waitFor(() => {
    const { stored, backlog } = ingest.status().ingest;
    expect({ stored, backlog }).toEqual({ stored: events, backlog: 0 });
  }, waiting);
}

async function askStore<T>(
  store: TestStore,
  question: (reader: Awaited<ReturnType<TestStore['openReader']>>) => Promise<T>,
) {
  const reader = await store.openReader();
  try {
    return await question(reader);
  } finally {
    await reader.close();
  }
}

const gapsOf = (store: TestStore) => askStore(store, (reader) => reader.gaps(10));
const totalsOf = (store: TestStore) => askStore(store, (reader) => reader.totals());

interface AmqpLine extends CaptureLine {
  body: string;
  routing_key: string;
}

interface RedisLine extends CaptureLine {
  channel: string;
  data: string;
}

const amqpLines = readCapture<AmqpLine>('events-amqp-5.6.3').filter((line) => typeof line.body === 'string');
const redisLines = readCapture<RedisLine>('events-redis-5.6.3');

/** What our decoder makes of them, each event once: the number that the store must hold. */
function countEvents(bodies: string[], isEnvelope: boolean): number {
  const events = bodies.flatMap((body) => readEvents({ ...toDelivery(body, 1), envelope: isEnvelope }).events);
  return new Set(events.map((event) => JSON.stringify(event))).size;
}

async function openAmqp() {
  const vhost = await makeVhost('herbarium test/threads');
  endings.push(() => vhost.remove());
  const connection = await connect(vhost.url);
  connection.on('error', () => undefined);
  endings.push(() => connection.close().catch(() => undefined));
  const channel = await connection.createConfirmChannel();
  await channel.assertExchange('celeryev', 'topic', { durable: true });
  const publish = async (lines: AmqpLine[]) => {
    for (const { body, routing_key } of lines) {
      channel.publish('celeryev', routing_key, Buffer.from(body), {
        contentType: 'application/json',
        contentEncoding: 'utf-8',
        deliveryMode: 1,
        headers: { hostname: 'w1@alpha' },
      });
    }
    await channel.waitForConfirms();
  };
  return { vhost, publish };
}

async function openRedisPublisher() {
  const server = await startRedisServer();
  endings.push(() => server.remove());
  const client = new Redis({ port: server.port, host: '127.0.0.1' });
  client.on('error', () => undefined);
  endings.push(() => client.disconnect());
  const publish = async (lines: RedisLine[]) => {
    for (const { channel, data } of lines) await client.publish(channel, data);
  };
  return { server, url: `redis://127.0.0.1:${String(server.port)}/3`, publish };
}

describe('from RabbitMQ', () => {
  test('stores what was recorded, keeps what comes while it is stopped, and has no gap', async () => {
    const { vhost, publish } = await openAmqp();
    const store = await makeFolderStore();
    const half = Math.floor(amqpLines.length / 2);
    const events = (lines: AmqpLine[]) =>
      countEvents(
        lines.map((line) => line.body),
        false,
      );

    const first = await start(vhost.url, store);
    await publish(amqpLines.slice(0, half));
    await untilStored(first.ingest, events(amqpLines.slice(0, half)));
    await first.ingest.stop();
    await publish(amqpLines.slice(half));
    const second = await start(vhost.url, store);
    await untilStored(second.ingest, events(amqpLines) - events(amqpLines.slice(0, half)));
    await second.ingest.stop();

    expect((await totalsOf(store)).events).toBe(events(amqpLines));
    expect(await gapsOf(store)).toEqual([]);
    expect(second.ingest.status().ingest).toMatchObject({ duplicates: 0, rejected: 0, error: null });
    expect(first.changes.flatMap((change) => change.tasks).length).toBeGreaterThan(0);
    const [queue] = await vhost.listQueues();
    expect(queue).toMatchObject({ durable: true, name: expect.stringMatching(/^herbarium\./) as string });
  });

  test('commits and acknowledges what it has taken when it is stopped in the middle of a burst', async () => {
    const { vhost, publish } = await openAmqp();
    const store = await makeFolderStore();
    const first = await start(vhost.url, store, { writer: { flushIntervalMs: 60_000 } });
    await publish(amqpLines);
    await first.ingest.stop();
    const taken = first.ingest.status().ingest;
    const second = await start(vhost.url, store);
    await untilStored(
      second.ingest,
      countEvents(
        amqpLines.map((line) => line.body),
        false,
      ) - taken.stored,
    );

    expect(second.ingest.status().ingest.duplicates).toBe(0);
  });
});

describe('from Redis', () => {
  test('stores what was recorded, and says what it did not see while it was stopped', async () => {
    const { url, publish } = await openRedisPublisher();
    const store = await makeFolderStore();
    const first = await start(url, store);
    await publish(redisLines);
    await untilStored(
      first.ingest,
      countEvents(
        redisLines.map((line) => line.data),
        true,
      ),
    );
    const stoppedAt = Date.now() / 1000;
    await first.ingest.stop();
    await sleep(500);
    const second = await start(url, store);
    const connectedAt = second.ingest.status().brokers[0]?.since;
    await vi.waitFor(
      async () => expect(await gapsOf(store)).toMatchObject([{ to: expect.any(Number) as number }]),
      waiting,
    );
    await second.ingest.stop();

    const [gap, ...others] = await gapsOf(store);
    expect(others).toEqual([]);
    expect(gap).toMatchObject({ why: 'stopped', broker: second.ingest.status().brokers[0]?.url });
    expect(Math.abs(gap!.from - stoppedAt)).toBeLessThan(5);
    expect(gap!.to!).toBeCloseTo(connectedAt!, 0);
  });

  test('notes the time without a connection, and goes on by itself', async () => {
    const { url, server } = await openRedisPublisher();
    const store = await makeFolderStore();
    const { ingest, states } = await start(url, store);
    const lostAt = Date.now() / 1000;
    await server.kill();
    await vi.waitFor(
      async () => expect(await gapsOf(store)).toMatchObject([{ to: null, why: 'disconnected' }]),
      waiting,
    );
    await vi.waitFor(() => expect(ingest.status().brokers[0]?.error).toMatch(/ECONN|closed/), waiting);
    await server.start();
    await vi.waitFor(() => expect(ingest.status().brokers[0]?.connected).toBe(true), waiting);
    await vi.waitFor(
      async () => expect(await gapsOf(store)).toMatchObject([{ to: expect.any(Number) as number }]),
      waiting,
    );

    const [gap] = await gapsOf(store);
    expect(Math.abs(gap!.from - lostAt)).toBeLessThan(5);
    expect(Math.abs(gap!.to! - ingest.status().brokers[0]!.since!)).toBeLessThan(0.5);
    expect(states.some((state) => state.brokers[0]?.connected === false)).toBe(true);
  });
});

describe.each(['writer', 'receiver'])('when the %s thread dies', (name) => {
  const kill = async () => {
    const [writer, receiver] = threads;
    await (name === 'writer' ? writer : receiver)!.terminate();
  };

  test('both are started anew, and RabbitMQ sends again what was not stored', async () => {
    const { vhost, publish } = await openAmqp();
    const store = await makeFolderStore();
    const { ingest, states } = await start(vhost.url, store, { writer: { flushIntervalMs: 1000 } });
    const before = Math.floor(amqpLines.length / 3);
    await publish(amqpLines.slice(0, before));
    await kill();
    await publish(amqpLines.slice(before));
    const expected = countEvents(
      amqpLines.map((line) => line.body),
      false,
    );
    await vi.waitFor(async () => expect((await totalsOf(store)).events).toBe(expected), waiting);

    expect(threads).toHaveLength(4);
    expect(states.map((state) => state.ingest.error)).toContain(`The ${name} thread ended.`);
    await vi.waitFor(
      () => expect(ingest.status()).toMatchObject({ brokers: [{ connected: true }], ingest: { error: null } }),
      waiting,
    );
    expect(await gapsOf(store)).toEqual([]);
  });

  test('what Redis sent meanwhile is a gap', async () => {
    const { url, publish } = await openRedisPublisher();
    const store = await makeFolderStore();
    const { ingest } = await start(url, store);
    await sleep(1500);
    const diedAt = Date.now() / 1000;
    await kill();
    const goneAt = Date.now() / 1000;
    await vi.waitFor(
      async () => expect(await gapsOf(store)).toMatchObject([{ why: 'crashed', to: expect.any(Number) as number }]),
      waiting,
    );
    await publish(redisLines);
    await vi.waitFor(() => expect(ingest.status().ingest.stored).toBeGreaterThan(0), waiting);

    const [gap] = await gapsOf(store);
    expect(gap!.from).toBeGreaterThan(diedAt - 10);
    expect(gap!.from).toBeLessThan(goneAt + 0.2);
    expect(gap!.to!).toBeGreaterThan(diedAt);
  });
});

test('a broker URL that is none is told at once', async () => {
  const store = await makeFolderStore();
  const opening = start('http://localhost', store);

  await expect(opening).rejects.toMatchObject({ name: 'AppError', code: 'bad_config' });
  expect(threads).toEqual([]);
});

test('a store that cannot be opened is told by name, and nothing is left running', async () => {
  const store = await makeFolderStore();
  const writer = await store.openWriter();
  endings.push(() => writer.close());
  const opening = openIngest({
    brokers: [{ url: 'redis://127.0.0.1:1', queue: { mode: 'durable', expiresMs: 1, maxBytes: 1 }, prefetch: 1 }],
    store: { db: store.db, segmentTasks: 1_000_000, segmentSeconds: 86_400 },
    receiver: { enableEvents: false },
    writer: {},
    log,
  });

  await expect(opening).rejects.toMatchObject({ name: 'AppError', code: 'store_unavailable' });
});
