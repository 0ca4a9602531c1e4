import type { Redis } from 'ioredis';
import { AppError } from '../errors.ts';
import type { RedisUrl } from './broker-url.ts';
import type { BrokerLook, QueueLook, QueueSource } from './queue-looks.ts';
import { openRedis, type SentinelOptions } from './redis-client.ts';
import { readTransportOptions } from './transport-options.ts';

/** The part of Celery's `broker_transport_options` that decides in which lists the messages of a queue wait. */
export interface RedisQueueOptions extends SentinelOptions {
  globalKeyprefix?: string;
  /** kombu's `priority_steps` and `sep`. */
  prioritySteps?: readonly number[];
  separator?: string;
}

/** @throws {AppError} `bad_config` */
export function readQueueOptions(given: Readonly<Record<string, unknown>>, source: string): RedisQueueOptions {
  const { masterName, sentinelUser, sentinelPassword, globalKeyprefix } = readTransportOptions(given, source);
  const { priority_steps: steps, sep: separator } = given;
  if (separator !== undefined && typeof separator !== 'string') {
    throw new AppError('bad_config', `${source}: sep must be a text.`);
  }
  if (steps !== undefined && !(Array.isArray(steps) && steps.every(Number.isInteger))) {
    throw new AppError('bad_config', `${source}: priority_steps must be a list of whole numbers.`);
  }
  const sentinel = { masterName, sentinelUser, sentinelPassword };
  return { ...sentinel, globalKeyprefix, separator, prioritySteps: steps as number[] | undefined };
}

/** What a task message may have before it is looked into for its id. */
const longestMessage = 1024 * 1024;

/** Queues as kombu keeps them on Redis (`kombu.transport.redis`): a list for each priority, the oldest at its right end. */
export class RedisQueues implements QueueSource {
  readonly #url: RedisUrl;
  readonly #options: RedisQueueOptions;
  #redis: Redis | null = null;

  constructor(url: RedisUrl, options: RedisQueueOptions) {
    this.#url = url;
    this.#options = options;
  }

  queues(names: readonly string[]): Promise<QueueLook[]> {
    return this.#with(async (redis) => {
      const looks: QueueLook[] = [];
      for (const name of names) looks.push(await this.#look(redis, name));
      return looks;
    });
  }

  broker(): Promise<BrokerLook> {
    return this.#with(async (redis) => {
      const info = await redis.info();
      const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? null;
      const count = (name: string) => (field(name) === null ? null : Number(field(name)));
      return {
        kind: 'redis',
        version: field('redis_version'),
        memoryBytes: count('used_memory'),
        connections: count('connected_clients'),
        uptimeS: count('uptime_in_seconds'),
        unacked: await redis.hlen(`${this.#prefix}unacked`),
      };
    });
  }

  async close(): Promise<void> {
    this.#redis?.disconnect();
    this.#redis = null;
  }

  get #prefix(): string {
    return this.#options.globalKeyprefix ?? '';
  }

  async #look(redis: Redis, name: string): Promise<QueueLook> {
    const { prioritySteps = [0, 3, 6, 9], separator = '\x06\x16' } = this.#options;
    const steps = [...prioritySteps].sort((a, b) => a - b);
    const keys = steps.map((step) => this.#prefix + (step === 0 ? name : `${name}${separator}${step}`));
    const lengths = await Promise.all(keys.map((key) => redis.llen(key)));
    const waiting = keys.find((_, at) => lengths[at]! > 0);
    return {
      name,
      ready: lengths.reduce((sum, length) => sum + length, 0),
      unacked: null,
      consumers: null,
      byPriority: Object.fromEntries(steps.map((step, at) => [String(step), lengths[at]!])),
      publishRate: null,
      deliverRate: null,
      oldest: waiting === undefined ? null : { uuid: await readNextTask(redis, waiting), since: null },
      record: null,
    };
  }

  /** On one connection that lasts, made anew after it broke. */
  async #with<T>(ask: (redis: Redis) => Promise<T>): Promise<T> {
    try {
      this.#redis ??= await this.#open();
      return await ask(this.#redis);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async #open(): Promise<Redis> {
    const redis = await openRedis(this.#url, this.#options);
    redis.options.commandTimeout = this.#url.connectTimeoutMs;
    if (this.#url.db !== 0) await redis.select(this.#url.db);
    return redis;
  }
}

/** The id of the task that is taken next from a list; null when its message tells none. */
async function readNextTask(redis: Redis, key: string): Promise<string | null> {
  const message = await redis.lindex(key, -1);
  if (message === null || message.length > longestMessage) return null;
  try {
    const { headers } = JSON.parse(message) as { headers?: { id?: unknown } };
    return typeof headers?.id === 'string' ? headers.id : null;
  } catch {
    return null;
  }
}
