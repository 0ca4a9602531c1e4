import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { StatusBody } from '../../server/contract/status.ts';
import type { TaskBody } from '../../server/contract/tasks.ts';
import { runPython, startWorker } from '../helpers/celery.ts';
import { readWorkers } from '../helpers/live-page.ts';
import { makeVhost } from '../helpers/rabbitmq.ts';
import { startRedisServer } from '../helpers/redis-server.ts';
import { startServer, type RunningServer } from '../helpers/server.ts';
import { makeStore } from '../helpers/stores.ts';

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

const waiting = { timeout: 30_000, interval: 100 };

async function makeBroker(kind: 'redis' | 'amqp'): Promise<string> {
  if (kind === 'amqp') {
    const vhost = await makeVhost('restart');
    endings.push(() => vhost.remove());
    return vhost.url;
  }
  const redis = await startRedisServer();
  endings.push(() => redis.remove());
  return `redis://127.0.0.1:${redis.port}/0`;
}

async function getJson<Body>(url: string): Promise<Body> {
  return (await (await fetch(url)).json()) as Body;
}

const listTasks = ({ url }: RunningServer) => getJson<Record<string, TaskBody>>(`${url}/api/tasks`);
const readStatus = ({ url }: RunningServer) => getJson<StatusBody>(`${url}/api/status`);

/** Sends `count` tasks, one in three of which fails, over about `seconds`. */
const sendTasks = (brokerUrl: string, count: number, seconds: number) =>
  runPython(
    `import shop, time
for n in range(${count}):
    shop.app.send_task('shop.stock.reserve', ['moss', 1 if n % 3 else 100000])
    time.sleep(${seconds / count})`,
    { brokerUrl },
  );

describe.each(['redis', 'amqp'] as const)('killed under traffic, on %s', (kind) => {
  it('is after a start what it was, less at most the last second on Redis, and nothing on RabbitMQ', async () => {
    const broker = await makeBroker(kind);
    const store = await makeStore('sqlite');
    endings.push(() => store.remove());
    const worker = await startWorker({ brokerUrl: broker, name: 'w1@test' });
    endings.push(() => worker.stop());
    const start = async (): Promise<RunningServer> => {
      const server = await startServer({ broker, db: store.db });
      endings.push(() => server.kill());
      await vi.waitFor(async () => expect((await readStatus(server)).brokers[0]?.connected).toBe(true), waiting);
      return server;
    };
    const first = await start();
    const sent = sendTasks(broker, 60, 6);
    await vi.waitFor(async () => expect(Object.keys(await listTasks(first)).length).toBeGreaterThan(15), waiting);
    // What stood in an answer was committed, so a kill at any later moment takes nothing of it.
    const [tasksBefore, workersBefore] = [await listTasks(first), await readWorkers(first.url)];
    const typesBefore = await getJson(`${first.url}/api/task/types`);
    const killedAt = Date.now() / 1000;
    await first.kill();
    await sleep(1000);

    const second = await start();
    const startedAt = Date.now() / 1000;
    const tasksAfter = await listTasks(second);
    for (const [uuid, task] of Object.entries(tasksBefore)) {
      if (task.state === 'SUCCESS' || task.state === 'FAILURE') expect(tasksAfter[uuid]).toEqual(task);
      else expect(tasksAfter[uuid]).toMatchObject({ name: task.name, args: task.args, sent: task.sent });
    }
    expect(await getJson(`${second.url}/api/task/types`)).toEqual(typesBefore);
    const [workerBefore] = workersBefore;
    const workerAfter = (await readWorkers(second.url)).find(({ hostname }) => hostname === 'w1@test')!;
    for (const [type, events] of Object.entries(workerBefore!.events)) {
      expect(workerAfter.events[type]).toBeGreaterThanOrEqual(events);
    }
    expect(workerAfter.sw_ver).toBe(workerBefore!.sw_ver);

    await sent;
    const ended = async (): Promise<number> =>
      Object.values(await listTasks(second)).filter(({ state }) => state === 'SUCCESS' || state === 'FAILURE').length;
    if (kind === 'amqp') {
      await vi.waitFor(async () => expect(await ended()).toBe(60), waiting);
      expect((await readStatus(second)).gaps).toEqual([]);
      // The live counts follow the commit, so they may come a moment after what it stored.
      await vi.waitFor(async () => {
        const { events } = (await readWorkers(second.url)).find(({ hostname }) => hostname === 'w1@test')!;
        const ends = (events['task-succeeded'] ?? 0) + (events['task-failed'] ?? 0);
        expect([events['task-received'], ends]).toEqual([60, 60]);
      }, waiting);
    } else {
      await vi.waitFor(async () => expect((await readStatus(second)).gaps).toHaveLength(1), waiting);
      const [gap] = (await readStatus(second)).gaps;
      expect(gap).toMatchObject({ why: 'crashed' });
      expect(gap!.from).toBeGreaterThan(killedAt - 10);
      expect(gap!.from).toBeLessThanOrEqual(killedAt + 1);
      expect(gap!.to).toBeGreaterThan(startedAt - 10);
      expect(gap!.to).toBeLessThan(startedAt + 15);
    }
  });

  it('stops cleanly when asked to, with everything stored', async () => {
    const broker = await makeBroker(kind);
    const store = await makeStore('postgres');
    endings.push(() => store.remove());
    const worker = await startWorker({ brokerUrl: broker, name: 'w1@test' });
    endings.push(() => worker.stop());
    const first = await startServer({ broker, db: store.db });
    endings.push(() => first.kill());
    await vi.waitFor(async () => expect((await readStatus(first)).brokers[0]?.connected).toBe(true), waiting);
    await sendTasks(broker, 20, 1);
    await vi.waitFor(async () => expect(Object.keys(await listTasks(first))).toHaveLength(20), waiting);
    const before = await listTasks(first);
    expect(await first.stop()).toBe(0);
    const second = await startServer({ broker, db: store.db });
    endings.push(() => second.kill());
    expect(Object.keys(await listTasks(second)).sort()).toEqual(Object.keys(before).sort());
  });
});

it('does not end, and says why, while its broker is down; and comes back by itself', async () => {
  const redis = await startRedisServer();
  endings.push(() => redis.remove());
  const store = await makeStore('sqlite');
  endings.push(() => store.remove());
  await redis.kill();
  const server = await startServer({ broker: `redis://127.0.0.1:${redis.port}/0`, db: store.db });
  endings.push(() => server.kill());
  await vi.waitFor(async () => {
    const [broker] = (await readStatus(server)).brokers;
    expect(broker).toMatchObject({ connected: false, error: expect.stringContaining('ECONNREFUSED') as string });
  }, waiting);
  expect((await fetch(`${server.url}/healthcheck`)).status).toBe(200);
  await redis.start();
  await vi.waitFor(async () => expect((await readStatus(server)).brokers[0]?.connected).toBe(true), waiting);
});
