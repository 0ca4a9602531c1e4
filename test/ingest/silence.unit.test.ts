import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ReceiverMessage } from '../../server/ingest/messages.ts';
import { lastTagOf } from '../../server/ingest/parcel.ts';
import { Receiver } from '../../server/ingest/receiver.ts';
import { Writer } from '../../server/ingest/writer.ts';
import { FakeConsumer, FakeStore, taskEvent } from '../helpers/ingest.ts';

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1000);

let clock = 0;
const heartbeat = (fields: object = {}) => ({
  type: 'worker-heartbeat',
  hostname: 'w1@alpha',
  timestamp: Date.now() / 1000,
  clock: ++clock,
  pid: 1,
  freq: 2,
  processed: 0,
  ...fields,
});

/** Redis and RabbitMQ, received and stored. */
async function startIngest() {
  const redis = new FakeConsumer('redis://r', false);
  const rabbit = new FakeConsumer('amqp://q', true);
  const store = new FakeStore();
  const brokers = [
    { consumer: redis, keepsMs: 0 },
    { consumer: rabbit, keepsMs: 3_600_000 },
  ];
  const toWriter = (message: ReceiverMessage) => writer.hear(message);
  const receiver = new Receiver(brokers, { enableEvents: false }, { toWriter, onBrokers: () => undefined });
  const writer = new Writer(
    store,
    {},
    {},
    { toReceiver: (answer) => receiver.hear(answer), onCommit: () => undefined },
  );
  const reconnect = vi.spyOn(redis, 'reconnect');
  const reconnectRabbit = vi.spyOn(rabbit, 'reconnect');
  receiver.start();
  redis.connect();
  rabbit.connect();
  await pass(10);
  return { redis, rabbit, store, receiver, reconnect, reconnectRabbit };
}

test('half a minute without the heartbeats that workers promised means a new connection, and a gap', async () => {
  const { redis, rabbit, store, reconnect, reconnectRabbit } = await startIngest();
  redis.deliver(heartbeat());
  rabbit.deliver(heartbeat());
  const lastMs = Date.now();
  await pass(29);
  expect(reconnect).not.toHaveBeenCalled();
  await pass(3);
  expect(reconnect).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(/promised heartbeats/), lastMs);
  // What RabbitMQ did not deliver it keeps.
  expect(reconnectRabbit).not.toHaveBeenCalled();
  await pass(10);
  redis.connect();
  const backMs = Date.now();
  await pass(1);
  expect(store.allGaps()).toEqual([
    { from: lastMs / 1000, to: backMs / 1000, broker: 'redis://r', why: 'disconnected' },
  ]);
  // Whoever was killed meanwhile promises nothing on the new connection.
  await pass(600);
  expect(reconnect).toHaveBeenCalledOnce();
});

test('any event is a sign of life, and so is a worker that says it stops', async () => {
  const { redis, reconnect } = await startIngest();
  redis.deliver(heartbeat());
  for (let i = 0; i < 5; i++) {
    await pass(20);
    redis.deliver(taskEvent(`t${i}`, 'received'));
  }
  redis.deliver(heartbeat({ type: 'worker-offline' }));
  await pass(600);
  expect(reconnect).not.toHaveBeenCalled();
});

test('where no worker promised heartbeats it may be silent for ever', async () => {
  const { redis, reconnect } = await startIngest();
  redis.deliver(taskEvent('a', 'received'), heartbeat({ freq: 5, processed: undefined }));
  await pass(3600);
  expect(reconnect).not.toHaveBeenCalled();
});

test('what waits to be stored is heard first: it may say that the workers stopped', async () => {
  const sent: ReceiverMessage[] = [];
  const redis = new FakeConsumer('redis://r', false);
  const reconnect = vi.spyOn(redis, 'reconnect');
  const outlet = { toWriter: (message: ReceiverMessage) => void sent.push(message), onBrokers: () => undefined };
  const receiver = new Receiver([{ consumer: redis, keepsMs: 0 }], { enableEvents: false }, outlet);
  receiver.start();
  redis.connect();
  receiver.hear({ kind: 'heartbeats', broker: 0, everyMs: 2000 });
  redis.deliver(heartbeat());
  await pass(60);
  expect(reconnect).not.toHaveBeenCalled();
  const parcel = sent.flatMap((message) => (message.kind === 'parcel' ? [message.parcel] : [])).find(lastTagOf)!;
  receiver.hear({ kind: 'committed', tags: new Map([[0, lastTagOf(parcel)!]]) });
  await pass(31);
  expect(reconnect).toHaveBeenCalledOnce();
});

test('a gap that began as a lost connection is named a cut-off when the server says so', async () => {
  const { redis, store } = await startIngest();
  redis.disconnect('closed');
  const fromMs = Date.now();
  await pass(1);
  expect(store.allGaps()).toMatchObject([{ to: null, why: 'disconnected' }]);
  redis.connect('cut-off');
  const toMs = Date.now();
  await pass(1);
  expect(store.allGaps()).toEqual([{ from: fromMs / 1000, to: toMs / 1000, broker: 'redis://r', why: 'cut-off' }]);
});

test('who is cut off has missed also what it had not read by then', async () => {
  const { redis, store } = await startIngest();
  const read = Date.now() / 1000 - 40;
  redis.deliver(heartbeat({ timestamp: read - 3600, hostname: 'slow-clock' }), heartbeat({ timestamp: read }));
  await pass(1);
  redis.disconnect('closed');
  const from = Date.now() / 1000;
  await pass(1);
  redis.connect('cut-off');
  const to = Date.now() / 1000;
  await pass(1);
  expect(store.allGaps().sort((a, b) => a.from - b.from)).toEqual([
    { from: read, to: from, broker: 'redis://r', why: 'cut-off' },
    { from, to, broker: 'redis://r', why: 'cut-off' },
  ]);
});
