/**
 * One task message over Redis, as kombu's transport puts it there (`kombu.transport.redis`, `kombu.transport.virtual`):
 * a list for each queue and step of priority; which queues an exchange has is a set of its bindings.
 */
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { RedisUrl } from './broker-url.ts';
import { inDoubt, nothingBound, type OutgoingTask } from './open-task-sender.ts';
import { toChannels, type ChannelOptions } from './redis-channels.ts';
import { openRedis, type SentinelOptions } from './redis-client.ts';

export interface PriorityOptions {
  /** Celery's `priority_steps`: each has a list. */
  prioritySteps?: readonly number[];
  /** Between a queue's name and its step. */
  sep?: string;
}

type RedisTaskOptions = ChannelOptions & SentinelOptions & PriorityOptions & { eventExchange: string };

/** kombu's separator of the parts of a binding, and of a queue's name and its step unless told otherwise. */
const separator = '\x06\x16';
const steps = [0, 3, 6, 9];

/** Settles when Redis has it. */
export async function sendOnRedis(url: RedisUrl, options: RedisTaskOptions, task: OutgoingTask): Promise<void> {
  const redis = await openRedis(url, options);
  redis.options.commandTimeout = url.connectTimeoutMs;
  try {
    if (url.db !== 0) await redis.select(url.db);
    const commands = await toCommands(redis, url, options, task);
    await run(redis, commands);
    // Whoever listens learns of it; the task runs in any case.
    if (task.event) await publishEvent(redis, url, options, task.event).catch(() => undefined);
  } finally {
    redis.disconnect();
  }
}

async function toCommands(
  redis: Redis,
  url: RedisUrl,
  options: RedisTaskOptions,
  task: OutgoingTask,
): Promise<string[][]> {
  const { globalKeyprefix: prefix } = options;
  const { exchange, routingKey, queue } = task;
  const envelope = toTaskEnvelope(task);
  if (exchange === '') {
    const binding = [queue, '', queue].join(separator);
    return [
      ['sadd', `${prefix}_kombu.binding.${queue}`, binding],
      ['lpush', toList(queue, task.priority, options), envelope],
    ];
  }
  if (task.exchangeType === 'fanout') {
    const channels = toChannels(exchange, url, options);
    return channels.map((each) => [
      'publish',
      options.fanoutPatterns && routingKey !== '' ? `${each}/${routingKey}` : each,
      envelope,
    ]);
  }
  const members = await redis.smembers(`${prefix}_kombu.binding.${exchange}`);
  const queues = new Set(members.flatMap((member) => findQueue(member, routingKey)));
  if (queues.size === 0) throw nothingBound(task);
  return [...queues].map((each) => ['lpush', toList(each, task.priority, options), envelope]);
}

/** A binding is a routing key, a pattern for those of a topic exchange, and a queue. */
function findQueue(member: string, routingKey: string): string[] {
  const [key = '', pattern = '', queue = ''] = member.split(separator);
  if (queue === '') return [];
  const isBound = pattern === '' ? key === routingKey : matchesTopic(key.split('.'), routingKey.split('.'));
  return isBound ? [queue] : [];
}

/** AMQP's words: a star is one, a hash any number of them. Read from the key, for the pattern beside it is anybody's. */
function matchesTopic(words: readonly string[], given: readonly string[]): boolean {
  const [word, ...rest] = words;
  if (word === undefined) return given.length === 0;
  if (word === '#') return given.some((_, at) => matchesTopic(rest, given.slice(at))) || matchesTopic(rest, []);
  const [first, ...others] = given;
  return first !== undefined && (word === '*' || word === first) && matchesTopic(rest, others);
}

/** The first is the most urgent: on Redis a lower priority goes before a higher one. */
function toList(
  queue: string,
  priority: number | null,
  { globalKeyprefix, prioritySteps = steps, sep = separator }: RedisTaskOptions,
): string {
  const clamped = Math.max(0, Math.min(9, priority ?? 0));
  const step = [...prioritySteps].sort((a, b) => a - b).findLast((each) => each <= clamped) ?? 0;
  return globalKeyprefix + (step === 0 ? queue : `${queue}${sep}${step}`);
}

function toTaskEnvelope(task: OutgoingTask): string {
  return JSON.stringify({
    body: Buffer.from(task.body).toString('base64'),
    'content-encoding': 'utf-8',
    'content-type': 'application/json',
    headers: task.headers,
    properties: {
      correlation_id: task.correlationId,
      reply_to: task.replyTo,
      delivery_mode: task.deliveryMode,
      ...(task.expiration !== null && { expiration: task.expiration }),
      delivery_info: { exchange: task.exchange, routing_key: task.routingKey },
      priority: task.priority ?? 0,
      body_encoding: 'base64',
      delivery_tag: randomUUID(),
    },
  });
}

async function publishEvent(
  redis: Redis,
  url: RedisUrl,
  options: RedisTaskOptions,
  { body, headers }: NonNullable<OutgoingTask['event']>,
): Promise<void> {
  const exchange = options.eventExchange;
  const envelope = JSON.stringify({
    body: Buffer.from(body, 'utf8').toString('base64'),
    'content-encoding': 'utf-8',
    'content-type': 'application/json',
    headers,
    properties: {
      delivery_mode: 1,
      delivery_info: { exchange, routing_key: 'task.sent' },
      priority: 0,
      body_encoding: 'base64',
      delivery_tag: randomUUID(),
    },
  });
  for (const channel of toChannels(exchange, url, options)) {
    await redis.publish(options.fanoutPatterns ? `${channel}/task.sent` : channel, envelope);
  }
}

async function run(redis: Redis, commands: string[][]): Promise<void> {
  let answers;
  try {
    answers = (await redis.multi(commands).exec()) ?? [];
  } catch (error) {
    throw inDoubt(error);
  }
  for (const [error] of answers) if (error) throw error;
}
