/** Publishes what a cluster's processes publish, in Celery's own form, and goes on when the broker comes back. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { Redis } from 'ioredis';
import { toRedisText, type WireMessage } from '../../scripts/bench/traffic.ts';

export type BrokerKind = 'redis' | 'amqp';

/** A message that no Celery would send. */
export interface OddMessage {
  body: string | Buffer;
  contentType?: string;
  contentEncoding?: string;
  headers?: Record<string, unknown>;
}

export interface Publisher {
  /** Settles when the broker has taken all of them, however long it was away meanwhile; some may have gone twice. */
  publish(messages: WireMessage[]): Promise<void>;
  /** On Redis in kombu's envelope, but for a `bare` one. */
  publishOdd(...messages: OddMessage[]): Promise<void>;
  /** Redis only: this text and nothing around it. */
  publishBare(text: string | Buffer): Promise<void>;
  close(): Promise<void>;
}

export function openPublisher(kind: BrokerKind, url: string): Publisher {
  return kind === 'redis' ? new RedisPublisher(url) : new AmqpPublisher(url);
}

class RedisPublisher implements Publisher {
  readonly #redis: Redis;

  constructor(url: string) {
    this.#redis = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 50 });
    this.#redis.on('error', () => undefined);
  }

  async publish(messages: WireMessage[]): Promise<void> {
    const channel = '/0.celeryev/';
    await Promise.all(messages.map((each) => this.#redis.publish(channel + each.routingKey, toRedisText(each))));
  }

  async publishOdd(...messages: OddMessage[]): Promise<void> {
    await Promise.all(messages.map((message) => this.#publishOne(message)));
  }

  async #publishOne({ body, contentType, contentEncoding, headers = {} }: OddMessage): Promise<void> {
    const envelope = {
      body: Buffer.from(body).toString('base64'),
      'content-type': contentType ?? null,
      'content-encoding': contentEncoding ?? null,
      headers,
      properties: { body_encoding: 'base64', delivery_info: { exchange: 'celeryev', routing_key: 'task.odd' } },
    };
    await this.publishBare(JSON.stringify(envelope));
  }

  async publishBare(text: string | Buffer): Promise<void> {
    await this.#redis.publish('/0.celeryev/task.odd', text);
  }

  async close(): Promise<void> {
    this.#redis.disconnect();
  }
}

class AmqpPublisher implements Publisher {
  readonly #url: string;
  #model: ChannelModel | null = null;
  #channel: ConfirmChannel | null = null;

  constructor(url: string) {
    this.#url = url;
  }

  publish(messages: WireMessage[]): Promise<void> {
    return this.#untilTaken((channel) => {
      for (const { routingKey, hostname, body } of messages) {
        const options = { contentType: 'application/json', contentEncoding: 'utf-8', headers: { hostname } };
        channel.publish('celeryev', routingKey, Buffer.from(body), { ...options, deliveryMode: 1, priority: 0 });
      }
    });
  }

  publishOdd(...messages: OddMessage[]): Promise<void> {
    return this.#untilTaken((channel) => {
      for (const { body, ...options } of messages) channel.publish('celeryev', 'task.odd', Buffer.from(body), options);
    });
  }

  publishBare(): Promise<void> {
    return Promise.reject(new Error('AMQP has no messages without properties.'));
  }

  async close(): Promise<void> {
    await this.#model?.close().catch(() => undefined);
  }

  async #untilTaken(publish: (channel: ConfirmChannel) => void): Promise<void> {
    for (;;) {
      try {
        const channel = await this.#open();
        publish(channel);
        await channel.waitForConfirms();
        // Closing answers all that waits, as if it had been confirmed.
        if (channel === this.#channel) return;
      } catch {
        this.#channel = null;
      }
      await sleep(100);
    }
  }

  async #open(): Promise<ConfirmChannel> {
    if (this.#channel !== null) return this.#channel;
    const model = await connect(this.#url);
    model.on('error', () => undefined);
    model.on('close', () => (this.#channel = null));
    const channel = await model.createConfirmChannel();
    channel.on('error', () => undefined);
    channel.on('close', () => (this.#channel = null));
    await channel.assertExchange('celeryev', 'topic', { durable: true });
    this.#model = model;
    return (this.#channel = channel);
  }
}
