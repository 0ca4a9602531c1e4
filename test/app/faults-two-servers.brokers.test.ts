import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { WorkerStatusBody } from '../../server/contract/workers.ts';
import { expectWhole, isFullSize, startBurst } from '../helpers/burst.ts';
import {
  getJson,
  patiently,
  readStatus,
  useBroker,
  usePublisher,
  useServer,
  useStore,
  untilCaughtUp,
} from '../helpers/stage.ts';

const tasks = isFullSize ? 50_000 : 3000;
const seconds = isFullSize ? 25 : 8;
/** What the broker took before a server listened has reached the other one's process by then. */
const onItsWayMs = 300;

describe.each(['redis', 'amqp'] as const)('two servers on one Postgres and one %s', (kind) => {
  it('lose nothing and double nothing when each is killed in turn in a burst', async () => {
    const broker = await useBroker(kind);
    const store = await useStore('postgres');
    const start = () => useServer({ broker, db: store.db });
    const servers = [await start(), await start()];
    const burst = startBurst(usePublisher(kind, broker), { tasks, seconds });
    await sleep(500);
    expect(burst.isOver).toBe(false);
    for (const turn of [0, 1, 0, 1]) {
      // What came before the other one listened must not be in the memory of this one alone, nor on its way there.
      await untilCaughtUp(servers[turn]!, Date.now() + onItsWayMs);
      await servers[turn]!.kill();
      await sleep(200);
      servers[turn] = await start();
    }
    await burst.done;
    await vi.waitFor(async () => {
      for (const server of servers) expect((await readStatus(server)).store.events).toBe(burst.sent.length);
    }, patiently);
    for (const server of servers) expect(await server.stop()).toBe(0);
    await expectWhole(store, [burst]);
  });
});

it('two servers on one Postgres, each with a broker of its own, know the workers that only the other one hears', async () => {
  const store = await useStore('postgres');
  const [broker, other] = [await useBroker('redis'), await useBroker('redis')];
  const heard = await useServer({ broker, db: store.db });
  const unheard = await useServer({ broker: other, db: store.db });
  const publisher = usePublisher('redis', broker);
  const heartbeat = {
    type: 'worker-heartbeat',
    hostname: 'w@there',
    freq: 2,
    active: 0,
    processed: 1,
    clock: 1,
    pid: 1,
  };
  await vi.waitFor(async () => {
    const body = JSON.stringify({ ...heartbeat, timestamp: Date.now() / 1000 });
    await publisher.publishOdd({ body, contentType: 'application/json', contentEncoding: 'utf-8' });
    for (const server of [heard, unheard]) {
      const workers = await getJson<WorkerStatusBody>(`${server.url}/api/workers?status=1`);
      expect(workers).toEqual({ 'w@there': true });
    }
  }, patiently);
});
