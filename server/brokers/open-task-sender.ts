import { sendOnAmqp } from './amqp-tasks.ts';
import { readBrokerUrls } from './broker-url.ts';
import { onFirstBroker } from './first-broker.ts';
import { openLine } from './line.ts';
import { AppError } from '../errors.ts';
import type { TransportOptions } from './open-consumer.ts';
import { sendOnRedis } from './redis-tasks.ts';

/** A task message without its place. */
export interface TaskMessage {
  body: Uint8Array;
  headers: Readonly<Record<string, unknown>>;
  correlationId: string;
  replyTo: string;
  deliveryMode: 1 | 2;
  /** null: not said. */
  priority: number | null;
  /** Milliseconds, as text; null: never. */
  expiration: string | null;
}

/** A task message and its place, in no broker's form yet. */
export interface OutgoingTask extends TaskMessage {
  /** Made where it is missing, as a durable one, with a direct exchange of its name. */
  queue: string;
  /** Empty: straight to the queue. */
  exchange: string;
  /** null: not known. */
  exchangeType: string | null;
  routingKey: string;
  /** An event of type `task-sent` that tells of it; serialised JSON. */
  event: { body: string; headers: Readonly<Record<string, unknown>> } | null;
}

export interface TaskSenderOptions {
  /** One broker URL, or a failover list separated by `;`. */
  url: string;
  /** Celery's `event_exchange`. */
  eventExchange: string;
  transport?: Partial<TransportOptions>;
}

export interface TaskSender {
  /**
   * Settles when the broker has taken it.
   * @throws {AppError} `broker_unavailable`; `bad_request` when nothing is bound where it should go, so that it would be lost
   */
  send(task: OutgoingTask): Promise<void>;
  close(): void;
}

/** Each has a connection of its own; the others wait their turn. */
const mostAtOnce = 16;

/** @throws {AppError} `bad_config` for a URL that is none */
export function openTaskSender({ url: text, eventExchange, transport = {} }: TaskSenderOptions): TaskSender {
  const urls = readBrokerUrls(text, 'broker');
  const closing = new AbortController();
  const line = openLine(mostAtOnce);
  const { globalKeyprefix = '', fanoutPrefix = true, fanoutPatterns = true, ...rest } = transport;
  const redis = { eventExchange, globalKeyprefix, fanoutPrefix, fanoutPatterns, ...rest };
  return {
    async send(task) {
      const sent = await line(() =>
        onFirstBroker(urls, closing.signal, async (url) => {
          if (url.kind === 'amqp') await sendOnAmqp(url, { eventExchange }, task);
          else await sendOnRedis(url, redis, task);
          return true;
        }),
      );
      if (!sent) throw new AppError('broker_unavailable', 'Herbarium is stopping, and sends nothing.');
    },
    close: () => closing.abort(),
  };
}

/** The broker had it, perhaps: sending it to another one might run it twice. */
export function inDoubt(error: unknown): AppError {
  const why = error instanceof Error ? error.message : String(error);
  const said = `Whether the broker has taken the task is not known: ${why}. Look for it before sending it again.`;
  return new AppError('broker_unavailable', said);
}

export function nothingBound({ exchange, routingKey }: Pick<OutgoingTask, 'exchange' | 'routingKey'>): AppError {
  const said = `No queue is bound to the exchange '${exchange}' by the routing key '${routingKey}': the task would be lost.`;
  return new AppError('bad_request', said);
}
