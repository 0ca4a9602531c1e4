import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { expectLossOnlyIn, expectWhole, startBurst } from '../helpers/burst.ts';
import { useRabbitmq } from '../helpers/own-services.ts';
import {
  patiently,
  readStatus,
  untilConnected,
  untilStored,
  usePublisher,
  useRedis,
  useServer,
  useStore,
  useVhost,
  useWire,
} from '../helpers/stage.ts';
import type { RunningServer } from '../helpers/server.ts';

const untilDisconnected = (server: RunningServer) =>
  vi.waitFor(async () => expect((await readStatus(server)).brokers[0]).toMatchObject({ connected: false }), patiently);

describe('a broker that restarts in a burst', () => {
  it('is a gap on Redis, outside of which nothing is lost', async () => {
    const redis = await useRedis();
    const store = await useStore();
    const server = await useServer({ broker: redis.url, db: store.db });
    const burst = startBurst(usePublisher('redis', redis.url), { tasks: 3000, seconds: 6 });
    await sleep(2000);
    const killedAt = Date.now() / 1000;
    await redis.kill();
    await untilDisconnected(server);
    await redis.start();
    const restartedAt = Date.now() / 1000;
    await untilConnected(server);
    const connectedAt = Date.now() / 1000;
    await burst.done;
    await sleep(1500);
    const { gaps } = await readStatus(server);
    await server.stop();
    expect(gaps).toMatchObject([{ why: 'disconnected' }]);
    expect(gaps[0]!.from).toBeGreaterThan(killedAt - 10);
    expect(gaps[0]!.from).toBeLessThan(killedAt + 5);
    expect(gaps[0]!.to).toBeGreaterThan(restartedAt - 1);
    expect(gaps[0]!.to).toBeLessThanOrEqual(connectedAt);
    await expectLossOnlyIn(gaps, store, burst);
  });

  it('costs nothing on RabbitMQ but what its queue held, and that is a gap', async () => {
    const rabbitmq = await useRabbitmq();
    const store = await useStore();
    let server = await useServer({ broker: rabbitmq.url, db: store.db });
    const burst = startBurst(usePublisher('amqp', rabbitmq.url), { tasks: 3000, seconds: 6 });
    await untilStored(server, 2000);
    const killedAt = Date.now() / 1000;
    await rabbitmq.kill();
    await untilDisconnected(server);
    await rabbitmq.start();
    await burst.done;
    await untilStored(server, burst.sent.length);
    const backAt = Date.now() / 1000;
    const stoppedAt = Date.now() / 1000;
    await server.stop();
    await expectWhole(store, [burst]);

    // Celery's events are transient: a queue comes back without them.
    await startBurst(usePublisher('amqp', rabbitmq.url), { tasks: 100, seconds: 0, firstTask: 10_000 }).done;
    await rabbitmq.kill();
    await rabbitmq.start();
    server = await useServer({ broker: rabbitmq.url, db: store.db });
    await vi.waitFor(async () => expect((await readStatus(server)).gaps).toHaveLength(2), patiently);
    const [stopped, restarted] = (await readStatus(server)).gaps;
    expect(restarted).toMatchObject({ why: 'disconnected' });
    expect(restarted!.from).toBeGreaterThan(killedAt - 10);
    expect(restarted!.from).toBeLessThan(killedAt + 5);
    expect(restarted!.to).toBeLessThan(backAt);
    expect(stopped).toMatchObject({ why: 'stopped' });
    expect(stopped!.from).toBeGreaterThan(stoppedAt - 10);
    expect(stopped!.from).toBeLessThan(stoppedAt + 5);
    // What comes from now on is kept again.
    const after = startBurst(usePublisher('amqp', rabbitmq.url), { tasks: 100, seconds: 0, firstTask: 20_000 });
    await after.done;
    await untilStored(server, burst.sent.length + after.sent.length);
  });

  it('costs nothing on RabbitMQ when connections are reset again and again', async () => {
    const vhost = await useVhost();
    const wire = await useWire(vhost.url);
    const store = await useStore();
    const server = await useServer({ broker: wire.url, db: store.db });
    const burst = startBurst(usePublisher('amqp', vhost.url), { tasks: 3000, seconds: 8 });
    for (let round = 0; round < 4; round++) {
      await sleep(300);
      wire.reset();
      await untilDisconnected(server);
      await untilConnected(server);
    }
    await burst.done;
    await untilStored(server, burst.sent.length);
    const { gaps, ingest } = await readStatus(server);
    expect(gaps).toEqual([]);
    expect(ingest.duplicates).toBeGreaterThan(0);
    await server.stop();
    await expectWhole(store, [burst]);
  });
});
