import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { StatusBody } from '../../server/contract/status.ts';
import type { TaskBody, TaskEventsBody } from '../../server/contract/tasks.ts';
import { runPython, sendTask } from '../helpers/celery.ts';
import { startCeleryPeer } from '../helpers/celery-peer.ts';
import { startNursery } from '../helpers/nursery.ts';
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
    const vhost = await makeVhost('reconcile');
    endings.push(() => vhost.remove());
    return vhost.url;
  }
  const redis = await startRedisServer();
  endings.push(() => redis.remove());
  return `redis://127.0.0.1:${redis.port}/0`;
}

async function makePlace(kind: 'redis' | 'amqp', engine: 'sqlite' | 'postgres') {
  const brokerUrl = await makeBroker(kind);
  const store = await makeStore(engine);
  endings.push(() => store.remove());
  const worker = await startNursery(brokerUrl, 'w1@test');
  endings.push(() => worker.kill());
  const start = async (args: string[] = []): Promise<RunningServer> => {
    const server = await startServer({ broker: brokerUrl, db: store.db, args });
    endings.push(() => server.kill());
    await vi.waitFor(async () => {
      const { brokers } = (await (await fetch(`${server.url}/api/status`)).json()) as StatusBody;
      expect(brokers[0]?.connected).toBe(true);
    }, waiting);
    return server;
  };
  const send = (task: string, args: unknown[], options: object = {}) =>
    sendTask({ brokerUrl, task, args, options: { ...options } });
  return { brokerUrl, worker, start, send };
}

async function getTask({ url }: RunningServer, uuid: string): Promise<TaskBody> {
  const response = await fetch(`${url}/api/task/info/${uuid}`);
  expect(response.status).toBe(200);
  return (await response.json()) as TaskBody;
}

const untilTask = (server: RunningServer, uuid: string, fields: Partial<TaskBody>) =>
  vi.waitFor(async () => {
    const task = await getTask(server, uuid);
    expect(task).toMatchObject(fields);
    return task;
  }, waiting);

const untilResult = (brokerUrl: string, uuid: string) =>
  runPython(`import shop; shop.app.AsyncResult('${uuid}').get(timeout=20, propagate=False)`, { brokerUrl });

/** At one moment, as starting Python takes its time; their ids. */
const sendBoth = async (brokerUrl: string, seconds: number): Promise<string[]> => {
  const code = `import shop
for name in ('nursery.grow', 'nursery.wither'):
    print(shop.app.send_task(name, [${seconds}]).id)`;
  return (await runPython(code, { brokerUrl })).trim().split('\n');
};

describe.each([
  ['redis', 'sqlite'],
  ['amqp', 'postgres'],
] as const)('a worker that dies, on %s', (kind, engine) => {
  it('leaves its tasks lost, and no others', async () => {
    const { worker, start, send } = await makePlace(kind, engine);
    const server = await start(['--lost-after', '2', '--inspect-timeout', '1000']);
    const running = [await send('nursery.grow', [60]), await send('nursery.grow', [60])];
    const held = await send('nursery.grow', [1]);
    const waitsInQueue = await send('nursery.grow', [1], { queue: 'nobody' });
    for (const uuid of running) await untilTask(server, uuid, { state: 'STARTED', worker: 'w1@test' });
    await untilTask(server, held, { state: 'RECEIVED' });
    await untilTask(server, waitsInQueue, { state: 'PENDING' });

    const killedAt = Date.now() / 1000;
    await worker.kill();
    for (const uuid of [...running, held]) {
      const task = await untilTask(server, uuid, { state: 'LOST', worker: 'w1@test' });
      expect(task.inferred).toEqual(['state', 'timestamp']);
      expect(task.timestamp).toBeGreaterThan(killedAt);
      expect(task.timestamp).toBeLessThan(killedAt + 40);
    }
    expect(await getTask(server, waitsInQueue)).toMatchObject({ state: 'PENDING' });
    const listed = (await (await fetch(`${server.url}/api/tasks?state=LOST`)).json()) as Record<string, TaskBody>;
    expect(Object.keys(listed).sort()).toEqual([...running, held].sort());
  });
});

it('a worker that dies and is started anew under its name leaves its tasks lost too', async () => {
  const { brokerUrl, worker, start, send } = await makePlace('redis', 'sqlite');
  const server = await start(['--lost-after', '5']);
  const running = await send('nursery.grow', [60]);
  await untilTask(server, running, { state: 'STARTED' });
  await sleep(3000);
  await worker.kill();
  const next = await startNursery(brokerUrl, 'w1@test');
  endings.push(() => next.kill());
  const alive = await send('nursery.grow', [60]);
  await untilTask(server, running, { state: 'LOST' });
  await untilTask(server, alive, { state: 'STARTED' });
});

describe('a task whose end came while nobody listened', () => {
  it('has the end that the result backend knows, until its event comes after all', async () => {
    const { brokerUrl, start } = await makePlace('redis', 'sqlite');
    const first = await start();
    const [grown, withered] = (await sendBoth(brokerUrl, 5)) as [string, string];
    for (const uuid of [grown, withered]) await untilTask(first, uuid, { state: 'STARTED' });
    await first.stop();
    for (const uuid of [grown, withered]) await untilResult(brokerUrl, uuid);

    const second = await start(['--result-backend', brokerUrl]);
    const task = await untilTask(second, grown, { state: 'SUCCESS', result: "'moss grew for 5 s'" });
    expect(task.inferred).toEqual(expect.arrayContaining(['state', 'succeeded', 'result']));
    expect(task.succeeded! - task.started!).toBeGreaterThan(4.9);
    expect(task.succeeded! - task.started!).toBeLessThan(30);
    const failed = await untilTask(second, withered, { state: 'FAILURE', exception: "ValueError('too dry')" });
    expect(failed.traceback).toContain('ValueError: too dry');
    const { events } = (await (await fetch(`${second.url}/api/task/events/${grown}`)).json()) as TaskEventsBody;
    expect(events.at(-1)).toMatchObject({ type: 'task-inferred', source: 'result', hostname: 'herbarium' });
    expect(await (await fetch(`${second.url}/api/workers?status=1`)).json()).toEqual({ 'w1@test': true });

    const peer = await startCeleryPeer(brokerUrl);
    endings.push(() => peer.stop());
    peer.send({ type: 'task-succeeded', uuid: grown, result: "'late'", runtime: 1.5 });
    const late = await untilTask(second, grown, { state: 'SUCCESS', result: "'late'", runtime: 1.5 });
    expect(late.inferred ?? []).not.toEqual(expect.arrayContaining(['state']));
  });

  it('is known by what its worker says of it, though no event of it was ever seen', async () => {
    const { start, send } = await makePlace('redis', 'sqlite');
    const first = await start();
    await first.stop();
    const running = await send('nursery.grow', [60, 'fern']);
    const scheduled = await send('nursery.grow', [1], { countdown: 600 });
    const second = await start();
    const task = await untilTask(second, running, { state: 'STARTED', name: 'nursery.grow', args: "[60, 'fern']" });
    expect(task).toMatchObject({ worker: 'w1@test', received: null });
    expect(task.inferred).toEqual(expect.arrayContaining(['state', 'name', 'args', 'worker', 'started']));
    const waits = await untilTask(second, scheduled, { state: 'RECEIVED', name: 'nursery.grow', args: null });
    expect(waits.eta).toMatch(/^20\d\d-/);
  });
});
