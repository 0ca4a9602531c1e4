/**
 * Names and envelopes of kombu's pub/sub on Redis (`kombu.transport.redis`). Pure.
 */
import { randomUUID } from 'node:crypto';
import type { Broadcast } from './broker.ts';
import type { RedisUrl } from './broker-url.ts';

/** The part of Celery's `broker_transport_options` that decides about channels. */
export interface ChannelOptions {
  /** In front of every key and channel. */
  globalKeyprefix: string;
  /** True: `/{db}.`. A string takes its place, and may hold `{db}` itself. False: none. */
  fanoutPrefix: boolean | string;
  /** False: the routing key is no part of the channel, and so unknown to us. */
  fanoutPatterns: boolean;
}

/**
 * `<global><fanout prefix><exchange>`: where everything without a routing key goes. Through a sentinel there are two,
 * for older kombu (5.2.4, say) does not fill in the database there: it publishes to `/{db}.celeryev/...`, letter by
 * letter. A worker uses one of the two.
 */
export function toChannels(exchange: string, url: Pick<RedisUrl, 'kind' | 'db'>, options: ChannelOptions): string[] {
  const { globalKeyprefix, fanoutPrefix } = options;
  const prefix = fanoutPrefix === true ? '/{db}.' : fanoutPrefix === false ? '' : fanoutPrefix;
  const filled = prefix.replaceAll('{db}', String(url.db));
  const prefixes = url.kind === 'sentinel' ? new Set([filled, prefix]) : [filled];
  return [...prefixes].map((each) => globalKeyprefix + each + exchange);
}

/** The globs to PSUBSCRIBE to for all messages of these channels. */
export function toPatterns(channels: string[], options: ChannelOptions): string[] {
  const literals = channels.map((channel) => channel.replace(/[\\*?[\]]/g, '\\$&'));
  return options.fanoutPatterns ? literals.map((literal) => `${literal}/*`) : literals;
}

/** What stands after `<channel>/`; empty without patterns. */
export function readRoutingKey(received: string, channels: string[]): string {
  const channel = channels.find((each) => received.startsWith(`${each}/`));
  return channel === undefined ? '' : received.slice(channel.length + 1);
}

/** The text to PUBLISH, in the form in which kombu itself publishes control messages. */
export function toEnvelope(message: Broadcast, exchange: string): string {
  return JSON.stringify({
    body: Buffer.from(message.body, 'utf8').toString('base64'),
    'content-encoding': 'utf-8',
    'content-type': 'application/json',
    headers: message.headers,
    properties: {
      delivery_mode: 2,
      delivery_info: { exchange, routing_key: '' },
      priority: 0,
      body_encoding: 'base64',
      delivery_tag: randomUUID(),
    },
  });
}
