import { expect, it, onTestFinished, vi } from 'vitest';
import type {
  BrokerBody,
  QueueBody,
  QueueHistoryBody,
  QueueLengthsBody,
  QueuesBody,
} from '../../server/contract/queues.ts';
import type { StatusBody } from '../../server/contract/status.ts';
import { sendTask, startWorker } from '../helpers/celery.ts';
import type { RunningServer } from '../helpers/server.ts';
import { readServices } from '../helpers/services.ts';
import { getJson, patiently, useRedis, useServer, useStore, useVhost } from '../helpers/stage.ts';

const args = ['--queues', 'waiting', '--queue-interval', '1'];
const aVersion = expect.stringMatching(/^\d+\./) as string;
const readQueues = ({ url }: RunningServer) => getJson<QueuesBody>(`${url}/api/queues`);
const readLengths = ({ url }: RunningServer) => getJson<QueueLengthsBody>(`${url}/api/queues/length`);
const readBroker = ({ url }: RunningServer) => getJson<BrokerBody>(`${url}/api/broker`);

async function findQueue(server: RunningServer, name: string): Promise<QueueBody | undefined> {
  return (await readQueues(server)).queues.find((queue) => queue.name === name);
}

/** Three tasks for which there is no worker; their ids. */
async function sendThree(brokerUrl: string): Promise<string[]> {
  const ids: string[] = [];
  for (const priority of [0, 9, 9]) {
    const options = { queue: 'waiting', priority };
    ids.push(await sendTask({ brokerUrl, task: 'shop.stock.reserve', args: ['moss', 1], options }));
  }
  return ids;
}

async function untilInHistory({ url }: RunningServer): Promise<void> {
  await vi.waitFor(
    async () => {
      const { points } = await getJson<QueueHistoryBody>(`${url}/api/queues/history?queue=waiting`);
      expect(points.at(-1)).toMatchObject({ ready: 3 });
    },
    { ...patiently, timeout: 90_000 },
  );
}

it('Redis: tells what waits in the list of each priority, and for how long', async () => {
  const { url: broker } = await useRedis();
  const ids = await sendThree(broker);
  const server = await useServer({ broker, db: (await useStore()).db, args });
  expect(await readLengths(server)).toEqual({
    active_queues: [
      { name: 'waiting', messages: 3 },
      { name: 'celery', messages: 0 },
    ],
  });
  const waiting = await findQueue(server, 'waiting');
  expect(waiting).toMatchObject({ ready: 3, consumers: 0, by_priority: { 0: 1, 3: 0, 6: 0, 9: 2 } });
  expect(waiting?.oldest).toMatchObject({ uuid: ids[0], at_least: true });
  expect(await readBroker(server)).toMatchObject({
    kind: 'redis',
    version: aVersion,
    unacked: 0,
  });
  await untilInHistory(server);

  const worker = await startWorker({ brokerUrl: broker, name: 'w1@queues', args: ['-Q', 'mail'] });
  onTestFinished(() => worker.stop());
  await vi.waitFor(async () => {
    expect(await findQueue(server, 'mail')).toMatchObject({ consumers: 1, workers: ['w1@queues'] });
  }, patiently);
});

it('RabbitMQ without broker_api: a queue that does not exist is left out, and harms no other', async () => {
  const { url: broker } = await useVhost();
  await sendThree(broker);
  const names = ['--queues', 'missing,waiting', '--queue-interval', '1'];
  const server = await useServer({ broker, db: (await useStore('postgres')).db, args: names });
  expect(await readLengths(server)).toEqual({ active_queues: [{ name: 'waiting', messages: 3 }] });
  expect(await findQueue(server, 'waiting')).toMatchObject({ ready: 3, consumers: 0, unacked: null });
  expect(await readBroker(server)).toMatchObject({ kind: 'rabbitmq', version: aVersion });
  await untilInHistory(server);
  expect((await getJson<StatusBody>(`${server.url}/api/status`)).brokers[0]).toMatchObject({ connected: true });
});

it('RabbitMQ with broker_api: gives the whole record of the management API, and never its password', async () => {
  const vhost = await useVhost();
  await sendThree(vhost.url);
  const { managementUrl } = readServices().amqp;
  const withLogin = managementUrl.replace('://', '://guest:guest@');
  const { db } = await useStore();
  const server = await useServer({ broker: vhost.url, db, args: [...args, '--broker-api', `${withLogin}/api/`] });
  await vi.waitFor(async () => {
    const { active_queues: items } = await readLengths(server);
    expect(items).toEqual([
      expect.objectContaining({ name: 'waiting', messages: 3, messages_ready: 3, state: 'running' }),
    ]);
  }, patiently);
  expect(await findQueue(server, 'waiting')).toMatchObject({ ready: 3, unacked: 0, consumers: 0 });
  const { memory_bytes: memory, uptime, connections } = await readBroker(server);
  expect([memory, uptime, connections].every((figure) => figure !== null && figure > 0)).toBe(true);

  const wrong = withLogin.replace('guest:guest', 'guest:not-the-word');
  const second = await useServer({
    broker: vhost.url,
    db: (await useStore()).db,
    args: [...args, '--broker-api', wrong],
  });
  expect(await readLengths(second)).toEqual({ active_queues: [{ name: 'waiting', messages: 3 }] });
  expect(second.log()).not.toContain('not-the-word');
});
