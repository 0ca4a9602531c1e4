import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Channel, ChannelModel } from 'amqplib';
import type { Redis } from 'ioredis';
import { closeAmqp, openAmqp } from './amqp-client.ts';
import { toMessage } from './amqp-session.ts';
import { readBrokerUrls, type AmqpUrl, type BrokerUrl, type RedisUrl } from './broker-url.ts';
import { onFirstBroker } from './first-broker.ts';
import type { TransportOptions } from './open-consumer.ts';
import { openRedis } from './redis-client.ts';
import { settleWithin, type Message } from './session.ts';

/**
 * A queue of our own on the broker, in which workers put what became of the tasks we sent (`celery.backends.rpc`). It is
 * emptied when somebody asks, and goes some time after we do, also when we are killed.
 */
export interface ReplyBox {
  /** Its name: the `reply_to` of the tasks we send. */
  readonly name: string;
  /** Makes it; before the first task is sent. @throws {AppError} `broker_unavailable` */
  open(): Promise<void>;
  /** Takes out all there is. @throws {AppError} `broker_unavailable` */
  empty(onMessage: (message: Message) => void): Promise<void>;
  close(): Promise<void>;
}

/** How long it outlives us, and results in it wait for somebody to ask. */
const lifeS = 3600;
const limitMs = 10_000;
/** As many as one asking takes out. */
const mostAtOnce = 10_000;

/** @throws {AppError} `bad_config` for a URL that is none */
export function openReplyBox(url: string, transport: Partial<TransportOptions> = {}): ReplyBox {
  const urls = readBrokerUrls(url, 'broker');
  const name = `herbarium.results.${randomUUID()}`;
  const never = new AbortController().signal;
  let isMade = false;
  const run = async (work: (url: BrokerUrl) => Promise<void>): Promise<void> => {
    await onFirstBroker(urls, never, work);
  };
  return {
    name,
    async open() {
      isMade = true;
      await run((each) =>
        each.kind === 'amqp' ? onAmqp(each, (channel) => declare(channel, name)) : Promise.resolve(),
      );
    },
    empty: (onMessage) =>
      run((each) =>
        each.kind === 'amqp'
          ? onAmqp(each, (channel) => emptyQueue(channel, name, onMessage))
          : onRedis(each, transport, (redis, prefix) => emptyList(redis, prefix + name, onMessage)),
      ),
    async close() {
      if (!isMade) return;
      const remove = run((each) =>
        each.kind === 'amqp'
          ? onAmqp(each, (channel) => channel.deleteQueue(name))
          : onRedis(each, transport, (redis, prefix) => redis.del(prefix + name)),
      );
      // It goes by itself, too.
      await Promise.race([remove.catch(() => undefined), sleep(1000, undefined, { ref: false })]);
    },
  };
}

function declare(channel: Channel, name: string): Promise<unknown> {
  return channel.assertQueue(name, { durable: false, arguments: { 'x-expires': lifeS * 1000 } });
}

async function emptyQueue(channel: Channel, name: string, onMessage: (message: Message) => void): Promise<void> {
  await declare(channel, name);
  for (let taken = 0; taken < mostAtOnce; taken++) {
    const message = await channel.get(name);
    if (message === false) return;
    onMessage(toMessage({ ...message, fields: { ...message.fields, consumerTag: '' } }));
    channel.ack(message);
  }
}

async function onAmqp(url: AmqpUrl, work: (channel: Channel) => Promise<unknown>): Promise<void> {
  const model: ChannelModel = await openAmqp(url);
  let channel: Channel | null = null;
  try {
    channel = await settleWithin(model.createChannel(), limitMs, 'no channel was opened');
    channel.on('error', () => undefined);
    await settleWithin(work(channel), limitMs, 'the broker did not answer');
  } finally {
    await closeAmqp(model, channel);
  }
}

async function emptyList(redis: Redis, list: string, onMessage: (message: Message) => void): Promise<void> {
  for (let taken = 0; taken < mostAtOnce; taken += 100) {
    const bodies = await redis.rpop(list, 100);
    if (bodies === null) break;
    for (const body of bodies) onMessage({ body, envelope: true, routingKey: '' });
  }
  await redis.expire(list, lifeS);
}

async function onRedis(
  url: RedisUrl,
  { globalKeyprefix = '', ...options }: Partial<TransportOptions>,
  work: (redis: Redis, prefix: string) => Promise<unknown>,
): Promise<void> {
  const redis = await openRedis(url, options);
  redis.options.commandTimeout = url.connectTimeoutMs;
  try {
    if (url.db !== 0) await redis.select(url.db);
    await work(redis, globalKeyprefix);
  } finally {
    redis.disconnect();
  }
}
