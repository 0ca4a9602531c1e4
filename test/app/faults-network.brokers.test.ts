import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { expectLossOnlyIn, expectWhole, startBurst } from '../helpers/burst.ts';
import {
  patiently,
  readStatus,
  untilConnected,
  untilStored,
  useBroker,
  usePublisher,
  useServer,
  useStore,
  useWire,
} from '../helpers/stage.ts';

/** Two signs of life that are asked for in vain, ten seconds apart, and the time until they are asked for. */
const noticedWithinSeconds = 30;

/** A broker, a server behind a wire, a burst; the wire stalls in the middle of it and is reset in the end. */
async function cut(kind: 'redis' | 'amqp', brokerOptions: string) {
  const broker = await useBroker(kind);
  const wire = await useWire(broker + brokerOptions);
  const store = await useStore();
  const server = await useServer({ broker: wire.url, db: store.db });
  const burst = startBurst(usePublisher(kind, broker), { tasks: 3000, seconds: 5 });
  await untilStored(server, 1000);
  wire.freeze();
  const frozenAt = Date.now() / 1000;
  await vi.waitFor(async () => expect((await readStatus(server)).brokers[0]).toMatchObject({ connected: false }), {
    ...patiently,
    timeout: (noticedWithinSeconds + 20) * 1000,
  });
  const [broken] = (await readStatus(server)).brokers;
  wire.reset();
  wire.thaw();
  await untilConnected(server);
  const connectedAt = Date.now() / 1000;
  await burst.done;
  return { store, server, burst, frozenAt, broken: broken!, connectedAt };
}

it('notices a stalled connection to Redis, and calls all that it missed a gap', async () => {
  const { store, server, burst, frozenAt, broken, connectedAt } = await cut('redis', '');
  expect(broken.error).toMatch(/silent/);
  expect(broken.since! - frozenAt).toBeLessThan(noticedWithinSeconds + 15);
  await sleep(1500);
  const { gaps } = await readStatus(server);
  await server.stop();
  expect(gaps).toHaveLength(1);
  expect(gaps[0]!.from).toBeLessThanOrEqual(frozenAt + 0.1);
  expect(gaps[0]!.from).toBeGreaterThan(frozenAt - 10);
  expect(gaps[0]!.to).toBeLessThanOrEqual(connectedAt);
  await expectLossOnlyIn(gaps, store, burst);
});

it('notices a stalled connection to RabbitMQ, and misses nothing', async () => {
  const { store, server, burst, frozenAt, broken } = await cut('amqp', '?heartbeat=3');
  expect(broken.since! - frozenAt).toBeLessThan(3 * 3 + 15);
  await untilStored(server, burst.sent.length);
  expect((await readStatus(server)).gaps).toEqual([]);
  await server.stop();
  await expectWhole(store, [burst]);
});
