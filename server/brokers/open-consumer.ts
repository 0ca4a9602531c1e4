import { AppError } from '../errors.ts';
import { openAmqpSession, type QueueOptions } from './amqp-session.ts';
import type { EventConsumer } from './broker.ts';
import { readBrokerUrls, type BrokerUrl } from './broker-url.ts';
import { ReconnectingConsumer } from './reconnecting-consumer.ts';
import type { ChannelOptions } from './redis-channels.ts';
import type { SentinelOptions } from './redis-client.ts';
import { CutOffWatch } from './redis-cut-off.ts';
import { openRedisSession } from './redis-session.ts';
import type { PriorityOptions } from './redis-tasks.ts';
import type { ConsumerLog, OpenSession } from './session.ts';
import { maskUrl } from './url-text.ts';

/** Celery's `broker_transport_options`, as far as a monitor needs them; for Redis only. */
export type TransportOptions = ChannelOptions & SentinelOptions & PriorityOptions;

export interface ConsumerOptions {
  /** One broker URL, or a failover list separated by `;`. */
  url: string;
  /** What the user wrote it in, for errors; `broker` when not given. */
  source?: string;
  /** Celery's `event_exchange`. */
  eventExchange?: string;
  /** Celery's `control_exchange`. */
  controlExchange?: string;
  transport?: Partial<TransportOptions>;
  /** RabbitMQ only. */
  queue: QueueOptions;
  /** RabbitMQ, durable: messages that may be handed over and not yet acknowledged. */
  prefetch: number;
  log: ConsumerLog;
  /** Redis: milliseconds between two signs of life asked for. */
  pingEveryMs?: number;
}

/**
 * A consumer for the events of one broker, or of the first of a failover list that answers. Nothing is connected
 * before its `start`.
 * @throws {AppError} `bad_config` for a URL that is none, or a sentinel without the name of its master
 */
export function openEventConsumer(options: ConsumerOptions): EventConsumer {
  const urls = readBrokerUrls(options.url, options.source ?? 'broker');
  for (const url of urls) reportOddities(url, options);
  return new ReconnectingConsumer({
    maskedUrl: maskUrl(options.url),
    urls,
    redelivers: isRedelivering(urls, options.queue),
    openSession: toOpenSession(options),
    log: options.log,
  });
}

/** Whether the broker sends again what was not acknowledged; then it sends no more than the prefetch before it is. */
export function redelivers({ url, source, queue }: RedeliveryOptions): boolean {
  return isRedelivering(readBrokerUrls(url, source ?? 'broker'), queue);
}

type RedeliveryOptions = Pick<ConsumerOptions, 'url' | 'source'> & { queue: Pick<QueueOptions, 'mode'> };

function isRedelivering(urls: readonly BrokerUrl[], queue: Pick<QueueOptions, 'mode'>): boolean {
  return urls[0]?.kind === 'amqp' && queue.mode === 'durable';
}

function toOpenSession(options: ConsumerOptions): OpenSession {
  const { eventExchange = 'celeryev', controlExchange = 'celery', queue, prefetch, log } = options;
  const exchanges = { eventExchange, controlExchange };
  const { globalKeyprefix = '', fanoutPrefix = true, fanoutPatterns = true, ...sentinel } = options.transport ?? {};
  const redis = { ...exchanges, globalKeyprefix, fanoutPrefix, fanoutPatterns, ...sentinel };
  const cutOffs = new CutOffWatch();
  return (url, events) =>
    url.kind === 'amqp'
      ? openAmqpSession(url, { ...exchanges, queue, prefetch, log }, events)
      : openRedisSession(url, { ...redis, pingEveryMs: options.pingEveryMs ?? 10_000, cutOffs }, events);
}

function reportOddities(url: BrokerUrl, { transport, source = 'broker', log }: ConsumerOptions): void {
  if (url.kind === 'sentinel' && !transport?.masterName) {
    throw new AppError(
      'bad_config',
      `${source}: '${url.masked}' is a sentinel, and needs the name of its master: {"master_name": "..."} in the broker transport options.`,
    );
  }
  if (url.ignored.length > 0) {
    log.warn('these parameters of the broker URL mean nothing here', { broker: url.masked, parameters: url.ignored });
  }
  if ('tls' in url && url.tls?.certReqs === 'none') {
    const said = "the broker's certificate is not checked; set ssl_cert_reqs=required to have it checked";
    log.warn(said, { broker: url.masked });
  }
}
