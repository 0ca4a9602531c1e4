import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { isReplyKey } from '../../server/brokers/question.ts';
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
        ...queues.filter((queue) => isReplyKey(queue)),
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
    const args = ['--inspect-timeout', '8000', '--inspect-interval', '0', '--no-reconcile', '--no-enable-events'];
    const server = await useServer({ broker: place.url, db, args });
    const workers = await vi.waitFor(async () => {
      const found = await getJson<InspectionsBody>(`${server.url}/api/workers`);
      expect(Object.keys(found)).toHaveLength(size);
      return found;
    }, patiently);
    const methods: readonly string[] = inspectionFields;
    for (const [name, inspection] of Object.entries(workers)) {
      expect(Object.keys(inspection).sort(), name).toEqual([...methods, 'timestamp'].sort());
    }
    expect(crowd.heard.filter((method) => methods.includes(method)).sort()).toEqual([...methods].sort());
    await vi.waitFor(async () => expect(await place.listReplyQueues()).toEqual([]), patiently);
  },
);
