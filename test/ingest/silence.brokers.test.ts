import { Redis } from 'ioredis';
import { afterEach, expect, it, vi } from 'vitest';
import type { EventConsumer } from '../../server/brokers/broker.ts';
import { openEventConsumer } from '../../server/brokers/open-consumer.ts';
import { Receiver } from '../../server/ingest/receiver.ts';
import { Writer } from '../../server/ingest/writer.ts';
import { FakeStore } from '../helpers/ingest.ts';
import { startRedisServer } from '../helpers/redis-server.ts';
import { openTcpProxy } from '../helpers/tcp-proxy.ts';

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

const waiting = { timeout: 30_000, interval: 20 };

/** Ingest of a Redis behind a wire that can be broken; silence is noticed after 600 ms, and not by PINGs. */
async function startIngest(redisArguments: string[] = []) {
  const server = await startRedisServer(redisArguments);
  const wire = await openTcpProxy(server.port);
  const redis = new Redis({ port: server.port, host: '127.0.0.1' });
  const store = new FakeStore();
  const consumer: EventConsumer = openEventConsumer({
    url: `redis://127.0.0.1:${wire.port}/0`,
    queue: { mode: 'transient', name: '', expiresMs: 0, maxBytes: 0 },
    prefetch: 0,
    pingEveryMs: 600_000,
    log: { info: () => undefined, warn: () => undefined },
  });
  const receiver: Receiver = new Receiver(
    [{ consumer, keepsMs: 0 }],
    { enableEvents: false, leastSilenceMs: 600, watermarkMs: 100 },
    { toWriter: (message) => writer.hear(message), onBrokers: () => undefined },
  );
  const writer = new Writer(
    store,
    {},
    { flushIntervalMs: 50 },
    { toReceiver: (answer) => receiver.hear(answer), onCommit: () => undefined },
  );
  receiver.start();
  endings.push(
    () => server.remove(),
    () => wire.close(),
    () => redis.disconnect(),
    () => receiver.stop(500),
  );
  await vi.waitFor(async () => expect(await redis.pubsub('NUMPAT')).toBe(1), waiting);
  return { wire, redis, store };
}

let clock = 0;
/** In kombu's form for Redis. */
function toEnvelope(event: object): string {
  const body = { hostname: 'w1@alpha', timestamp: Date.now() / 1000, clock: ++clock, pid: 1, ...event };
  return JSON.stringify({
    body: Buffer.from(JSON.stringify(body)).toString('base64'),
    'content-type': 'application/json',
    'content-encoding': 'utf-8',
    headers: {},
    properties: { body_encoding: 'base64' },
  });
}

const channel = '/0.celeryev/worker.heartbeat';
const heartbeat = () => toEnvelope({ type: 'worker-heartbeat', freq: 0.1, processed: 0 });

it('a wire that died without a word is left for a new one, and the gap begins with the last that came', async () => {
  const { wire, redis, store } = await startIngest();
  await redis.publish(channel, heartbeat());
  await vi.waitFor(() => expect(store.batches.flatMap((batch) => batch.otherEvents)).toHaveLength(1), waiting);
  const frozenAt = Date.now() / 1000;
  wire.freeze();
  await redis.publish(channel, heartbeat());
  await vi.waitFor(() => expect(store.allGaps()).toHaveLength(1), waiting);
  const noticedAt = Date.now() / 1000;
  wire.thaw();
  await vi.waitFor(
    () => expect(store.allGaps()).toMatchObject([{ why: 'disconnected', to: expect.any(Number) as number }]),
    waiting,
  );
  const { from, to } = store.allGaps()[0]!;
  expect(from).toBeLessThanOrEqual(frozenAt);
  expect(from).toBeGreaterThan(frozenAt - 1);
  expect(to).toBeGreaterThan(noticedAt - 1);
  await redis.publish(channel, heartbeat());
  await vi.waitFor(() => expect(store.batches.flatMap((batch) => batch.otherEvents)).toHaveLength(2), waiting);
});

it('a server that cuts us off for being slow leaves a gap that says so', async () => {
  const { redis, store } = await startIngest(['--client-output-buffer-limit', 'pubsub 1mb 1mb 0']);
  const large = toEnvelope({ type: 'shop-said', text: 'x'.repeat(500_000) });
  // In one go, for which the server has not the time to send them on: at some point nobody is subscribed any more.
  const burst = () => Array.from({ length: 40 }, () => redis.publish(channel, large));
  await vi.waitFor(async () => expect((await Promise.all(burst())).at(-1)).toBe(0), { ...waiting, interval: 1 });
  await vi.waitFor(() => {
    const gaps = store.allGaps();
    expect(gaps).not.toEqual([]);
    expect(gaps).toEqual(gaps.map((gap) => ({ ...gap, why: 'cut-off', to: expect.any(Number) as number })));
  }, waiting);
});
