/**
 * How queues and their broker are, asked of the broker itself.
 *
 * In: names of queues. Out: what waits in each. It only looks: nothing is declared, taken out, or put back.
 */
import { AppError } from '../errors.ts';
import { AmqpQueues } from './amqp-queues.ts';
import { readBrokerUrls } from './broker-url.ts';
import { toReason } from './reason.ts';
import { RedisQueues, type RedisQueueOptions } from './redis-queues.ts';
import { maskUrl } from './url-text.ts';

/** One queue at one moment. null: the broker does not tell. */
export interface QueueLook {
  name: string;
  /** Messages that nobody has taken yet. */
  ready: number;
  /** Messages that a worker has taken, and not acknowledged. */
  unacked: number | null;
  consumers: number | null;
  /** On Redis, which has a list for each: how many are ready, by priority. */
  byPriority: Record<string, number> | null;
  /** Messages a second. */
  publishRate: number | null;
  deliverRate: number | null;
  /** Of the message that is next: its task, and since when it waits, in epoch seconds. */
  oldest: { uuid: string | null; since: number | null } | null;
  /** The management API's own record. */
  record: Readonly<Record<string, unknown>> | null;
}

export interface BrokerLook {
  kind: 'redis' | 'rabbitmq';
  version: string | null;
  memoryBytes: number | null;
  connections: number | null;
  uptimeS: number | null;
  /** In all queues together; on Redis nothing tells of which. */
  unacked: number | null;
}

export interface QueueLooks {
  /** A queue that does not exist is left out. @throws {AppError} `broker_unavailable` */
  queues(names: readonly string[]): Promise<QueueLook[]>;
  /** @throws {AppError} `broker_unavailable` */
  broker(): Promise<BrokerLook>;
  close(): Promise<void>;
}

/** The same for one kind of broker; rejects with any error. */
export interface QueueSource extends Omit<QueueLooks, 'close'> {
  close(): Promise<void>;
}

export interface QueueLooksOptions {
  /** One broker URL, or a failover list separated by `;`. */
  url: string;
  /** Of RabbitMQ's management API. */
  brokerApi: string | null;
  redis: RedisQueueOptions;
}

/** Nothing is connected before the first look. @throws {AppError} `bad_config` for a URL that is none */
export function openQueueLooks({ url, brokerApi, redis }: QueueLooksOptions): QueueLooks {
  const urls = readBrokerUrls(url, 'broker');
  const sources = urls.map((each) => ({
    each,
    source: each.kind === 'amqp' ? new AmqpQueues(each, brokerApi) : new RedisQueues(each, redis),
  }));

  /** At the first broker of the list that can be reached. */
  async function ask<T>(look: (source: QueueSource) => Promise<T>): Promise<T> {
    const errors: string[] = [];
    for (const { each, source } of sources) {
      try {
        return await look(source);
      } catch (error) {
        errors.push(toReason(error, each));
      }
    }
    const said = `The broker ${maskUrl(url)} cannot be reached now: ${errors.join('; ')}`;
    throw new AppError('broker_unavailable', said);
  }

  return {
    queues: (names) => ask((source) => source.queues(names)),
    broker: () => ask((source) => source.broker()),
    close: async () => void (await Promise.all(sources.map(({ source }) => source.close()))),
  };
}
