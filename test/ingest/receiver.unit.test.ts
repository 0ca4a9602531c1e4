import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { BrokerStatusBody } from '../../server/contract/status.ts';
import type { ReceiverMessage } from '../../server/ingest/messages.ts';
import { lastTagOf } from '../../server/ingest/parcel.ts';
import { Receiver } from '../../server/ingest/receiver.ts';
import type { ReceiverOptions } from '../../server/ingest/receiver-options.ts';
import { Writer } from '../../server/ingest/writer.ts';
import { FakeConsumer, FakeStore, taskEvent } from '../helpers/ingest.ts';

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

function startReceiver(options: Partial<ReceiverOptions> = {}) {
  const redis = new FakeConsumer('redis://r', false);
  const rabbit = new FakeConsumer('amqp://q', true);
  const sent: ReceiverMessage[] = [];
  const states: BrokerStatusBody[][] = [];
  const brokers = [
    { consumer: redis, keepsMs: 0 },
    { consumer: rabbit, keepsMs: 3_600_000 },
  ];
  const receiver = new Receiver(
    brokers,
    { enableEvents: false, ...options },
    {
      toWriter: (message) => void sent.push(message),
      onBrokers: (brokers) => void states.push(brokers),
    },
  );
  receiver.start();
  /** Per parcel with messages in it: broker and number of messages. */
  const parcels = () =>
    sent
      .filter((message) => message.kind === 'parcel')
      .map(({ parcel }) => [parcel.broker, parcel.ends.length])
      .filter(([, count]) => count! > 0);
  const commitAll = () => {
    const tags = new Map<number, number>();
    for (const message of sent) {
      const tag = message.kind === 'parcel' ? lastTagOf(message.parcel) : undefined;
      if (message.kind === 'parcel' && tag !== undefined) tags.set(message.parcel.broker, tag);
    }
    receiver.hear({ kind: 'committed', tags });
  };
  return { receiver, redis, rabbit, sent, states, parcels, commitAll };
}

describe('hands over', () => {
  test('messages together, 5 ms after the first of them', async () => {
    const { redis, rabbit, parcels } = startReceiver();
    redis.deliver(taskEvent('a', 'received'));
    await pass(4);
    redis.deliver(taskEvent('b', 'received'));
    rabbit.deliver(taskEvent('c', 'received'));
    expect(parcels()).toEqual([]);
    await pass(1);

    expect(parcels()).toEqual([
      [0, 2],
      [1, 1],
    ]);
  });

  test('a thousand at once', () => {
    const { redis, parcels } = startReceiver();
    for (let i = 0; i < 2500; i++) redis.deliver(taskEvent('a', 'received'));

    expect(parcels()).toEqual([
      [0, 1000],
      [0, 1000],
    ]);
  });

  test('a lost connection after everything that came before it', () => {
    const { redis, sent } = startReceiver();
    redis.connect();
    redis.deliver(taskEvent('a', 'received'));
    redis.disconnect('ECONNRESET');

    expect(sent.map((message) => message.kind)).toEqual(['hello', 'state', 'parcel', 'state']);
  });

  test('up to when all was seen, while it is connected', async () => {
    const { redis, sent } = startReceiver();
    redis.connect();
    await pass(1000);

    const seen = sent
      .filter((message) => message.kind === 'parcel')
      .map(({ parcel }) => [parcel.broker, parcel.seenUntilMs]);
    expect(seen).toEqual([
      [0, 1_000_500],
      [0, 1_001_000],
    ]);
  });
});

describe('the backlog', () => {
  test('is what was not committed, and since when', async () => {
    const { receiver, redis, rabbit, commitAll } = startReceiver();
    redis.deliver(taskEvent('a', 'received'));
    await pass(100);
    rabbit.deliver(taskEvent('b', 'received'));
    expect(receiver.figures()).toMatchObject({ backlog: 2, oldestMs: 1_000_000 });
    await pass(100);
    commitAll();

    expect(receiver.figures()).toEqual({ backlog: 0, backlogBytes: 0, spoolBytes: 0, oldestMs: null, dropped: 0 });
  });

  test('is acknowledged only when it is committed', async () => {
    const { rabbit, commitAll } = startReceiver();
    rabbit.deliver(taskEvent('a', 'received'));
    rabbit.deliver(taskEvent('b', 'received'));
    await pass(100);
    expect(rabbit.acked).toEqual([]);
    commitAll();

    expect(rabbit.acked).toEqual([2]);
  });

  test('takes all that a broker sends that keeps messages, for it waits by itself', async () => {
    const { receiver, rabbit, parcels, commitAll } = startReceiver({ maxBacklogBytes: 40_000 });
    for (let i = 0; i < 300; i++) rabbit.deliver(taskEvent('a', 'received'));
    await pass(5);
    expect(parcels()).toEqual([[1, 300]]);
    commitAll();

    expect(receiver.figures().dropped).toBe(0);
  });
});

describe('at the limit of memory', () => {
  test('drops the newest of Redis, says from when, and goes on when there is room again', async () => {
    const { receiver, redis, sent, parcels, commitAll } = startReceiver({ maxBacklogBytes: 60_000 });
    redis.connect();
    for (let i = 0; i < 300; i++) redis.deliver(taskEvent('a', 'received'));
    await pass(1000);
    for (let i = 0; i < 300; i++) redis.deliver(taskEvent('a', 'received'));
    const kept = parcels().reduce((sum, [, count]) => sum + count!, 0);
    expect(kept).toBeGreaterThan(300);
    expect(kept).toBeLessThan(600);
    expect(receiver.figures()).toMatchObject({ backlog: kept, dropped: 600 - kept });
    expect(sent.find((message) => message.kind === 'overflow')).toEqual({
      kind: 'overflow',
      broker: 0,
      fromMs: 1_001_000,
    });

    await pass(3000);
    commitAll();
    redis.deliver(taskEvent('after', 'received'));
    await pass(5);

    expect(sent.find((message) => message.kind === 'overflow-ended')).toEqual({
      kind: 'overflow-ended',
      broker: 0,
      atMs: 1_004_000,
    });
    const last = sent.filter((message) => message.kind === 'parcel').at(-1)!.parcel;
    expect(Buffer.from(last.content).toString()).toContain('after');
    expect(lastTagOf(last)).toBe(601);
  });

  test('does not claim to have seen what it dropped', async () => {
    const { redis, sent } = startReceiver({ maxBacklogBytes: 10_000 });
    redis.connect();
    for (let i = 0; i < 300; i++) redis.deliver(taskEvent('a', 'received'));
    const count = sent.length;
    await pass(2000);

    expect(sent.slice(count).every((message) => message.kind === 'parcel' && message.parcel.seenUntilMs === null)).toBe(
      true,
    );
  });

  test('goes on after one message that is larger than all the memory', async () => {
    const { receiver, redis, parcels } = startReceiver({ maxBacklogBytes: 10_000 });
    redis.deliver(taskEvent('a', 'received', { args: 'x'.repeat(20_000) }));
    await pass(1000);
    redis.deliver(taskEvent('b', 'received'));
    await pass(5);

    expect(parcels()).toEqual([[0, 1]]);
    expect(receiver.figures().dropped).toBe(1);
  });
});

describe('speaks to the workers', () => {
  const methods = (consumer: FakeConsumer) =>
    consumer.broadcasts.map((message) => (JSON.parse(message.body) as { method: string }).method);

  test('asks for a heartbeat on connecting, and to enable events every five seconds', async () => {
    const { redis, rabbit } = startReceiver({ enableEvents: true });
    redis.connect();
    await pass(10_000);

    expect(methods(redis)).toEqual(['heartbeat', 'enable_events', 'enable_events', 'enable_events']);
    expect(methods(rabbit)).toEqual([]);
  });

  test('leaves events as they are when told to', async () => {
    const { redis } = startReceiver({ enableEvents: false });
    redis.connect();
    await pass(10_000);

    expect(methods(redis)).toEqual(['heartbeat']);
  });
});

test('reports who is connected, since when, or why not', () => {
  const { redis, states } = startReceiver();
  redis.connect();
  redis.disconnect('ECONNREFUSED');

  expect(states[0]).toEqual([
    { url: 'redis://r', connected: true, since: 1000, error: null },
    { url: 'amqp://q', connected: false, since: null, error: null },
  ]);
  expect(states[1]?.[0]).toEqual({ url: 'redis://r', connected: false, since: 1000, error: 'ECONNREFUSED' });
});

describe('stops', () => {
  test('after the writer has committed what came, which is acknowledged before the sockets close', async () => {
    const { receiver, rabbit, sent, commitAll } = startReceiver();
    rabbit.connect();
    rabbit.deliver(taskEvent('a', 'received'));
    const stopped = receiver.stop(5000);
    rabbit.deliver(taskEvent('late', 'received'));
    await pass(1000);
    expect(sent.slice(-2).map((message) => message.kind)).toEqual(['parcel', 'end']);
    expect(rabbit.stopped).toBe(false);
    commitAll();
    receiver.hear({ kind: 'drained' });
    await stopped;

    expect(rabbit.acked).toEqual([1]);
    expect(rabbit.stopped).toBe(true);
  });

  test('without the writer when that takes too long', async () => {
    const { receiver, redis, rabbit } = startReceiver();
    const stopped = receiver.stop(5000);
    await pass(5000);
    await stopped;

    expect([redis.stopped, rabbit.stopped]).toEqual([true, true]);
  });
});

test('receiver and writer together store a burst in order while the store fails now and then', async () => {
  const consumer = new FakeConsumer('amqp://q', true);
  const store = new FakeStore();
  let writes = 0;
  store.fail = () => (++writes % 3 === 0 ? new Error('locked') : null);
  const writer: Writer = new Writer(
    store,
    {},
    { flushEvents: 500 },
    {
      toReceiver: (answer) => receiver.hear(structuredClone(answer)),
      onCommit: () => undefined,
    },
  );
  const receiver: Receiver = new Receiver(
    [{ consumer, keepsMs: 3_600_000 }],
    { enableEvents: true },
    {
      toWriter: (message) => writer.hear(structuredClone(message)),
      onBrokers: () => undefined,
    },
  );
  receiver.start();
  consumer.connect();
  const uuids = Array.from({ length: 5000 }, (_, i) => `task-${i}`);
  for (const uuid of uuids) consumer.deliver(taskEvent(uuid, 'received'));
  await pass(20);
  const stopped = receiver.stop(10_000);
  await pass(10_000);
  await stopped;

  expect(store.storedUuids()).toEqual(uuids);
  expect(consumer.acked.at(-1)).toBe(5000);
  expect(Object.values(store.snapshot)).toMatchObject([{ clean: true }]);
  expect(receiver.figures().backlog).toBe(0);
});
