import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { inspectionFields, type InspectionsBody } from '../../server/contract/workers.ts';
import { startCeleryCrowd } from '../../scripts/bench/celery-crowd.ts';
import { adoptProcess } from '../../scripts/services/services.ts';
import { findStatePath, readServices } from '../helpers/services.ts';
import { getJson, patiently, useRedis, useServer, useStore, useVhost } from '../helpers/stage.ts';

const size = 200;

interface Place {
  url: string;
  /** Names of what there is for replies: queues, lists, bindings. */
  listReplyQueues(): Promise<string[]>;
}

async function useRedisPlace(): Promise<Place> {
  const { url } = await useRedis();
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  return {
    url,
    listReplyQueues: async () => [
      ...(await redis.keys('*herbarium*')),
      ...(await redis.smembers('_kombu.binding.reply.celery.pidbox')),
    ],
  };
}

async function useAmqpPlace(): Promise<Place> {
  const vhost = await useVhost();
  return {
    url: vhost.url,
    listReplyQueues: async () => {
      const name = encodeURIComponent(vhost.name);
      const bound = (await vhost.ask('GET', `/bindings/${name}`)) as { source: string; destination: string }[];
      const queues = (await vhost.listQueues()).map((queue) => queue.name);
      return [
        ...queues.filter((queue) => queue.endsWith('.reply.celery.pidbox')),
        ...bound.filter(({ source }) => source === 'reply.celery.pidbox').map(({ destination }) => destination),
      ];
    },
  };
}

const places = { redis: useRedisPlace, amqp: useAmqpPlace };

it.each(['redis', 'amqp'] as const)(
  'two hundred workers on %s are asked at once, and all of them are told of',
  async (kind) => {
    const place = await places[kind]();
    const { db } = await useStore();
    const crowd = await startCeleryCrowd({ python: readServices().python, brokerUrl: place.url, size });
    onTestFinished(() => crowd.stop());
    await adoptProcess(findStatePath(), crowd.process);
    const args = ['--inspect-timeout', '4000', '--inspect-interval', '0', '--no-reconcile', '--no-enable-events'];
    const server = await useServer({ broker: place.url, db, args });
    const readWorkers = (query = '') => getJson<InspectionsBody>(`${server.url}/api/workers${query}`);
    const untilAny = async () => expect(Object.keys(await readWorkers())).not.toEqual([]);
    await vi.waitFor(untilAny, patiently);
    const methods: readonly string[] = inspectionFields;
    expect(crowd.heard.filter((method) => methods.includes(method)).sort()).toEqual([...methods].sort());
    let query = '';
    await vi.waitFor(async () => {
      const whole = Object.values(await readWorkers(query)).filter((answers) =>
        methods.every((each) => each in answers),
      );
      // A machine that has much else to do may not get to all of them in time.
      query = '?refresh=1';
      expect(whole).toHaveLength(size);
    }, patiently);
    await vi.waitFor(async () => expect(await place.listReplyQueues()).toEqual([]), patiently);
  },
);
