/**
 * In: an AMQP URL. Out: every message of the event exchange, through a queue of our own. In durable mode what was not
 * acknowledged comes again, and the queue keeps what is published while we are away; in transient mode nothing is kept.
 */
import { randomUUID } from 'node:crypto';
import type { Channel, ChannelModel, ConfirmChannel, ConsumeMessage } from 'amqplib';
import { closeAmqp, openAmqp } from './amqp-client.ts';
import { markQueue } from './amqp-mark.ts';
import { OverflowWatch, toDroppedName } from './amqp-overflow.ts';
import { toAmqpTable } from './amqp-table.ts';
import type { Broadcast, LossCause } from './broker.ts';
import type { AmqpUrl } from './broker-url.ts';
import { settleWithin, type ConsumerLog, type Message, type Session, type SessionEvents } from './session.ts';

export interface QueueOptions {
  /** `transient` is what Celery's own receiver does: a queue that goes with us and forgets after 5 s. */
  mode: 'durable' | 'transient';
  /** Durable mode: one for each monitor with a database of its own, for those that share a queue share its events. */
  name: string;
  /** Durable mode: after so long without us the queue deletes itself. */
  expiresMs: number;
  /** Durable mode: beyond this the oldest messages go. */
  maxBytes: number;
}

interface AmqpSessionOptions {
  eventExchange: string;
  controlExchange: string;
  queue: QueueOptions;
  prefetch: number;
  log: ConsumerLog;
}

/** A busy cluster takes its time to agree on a queue. */
const declareLimitMs = 30_000;
const preconditionFailed = 406;
/** basic.qos carries 16 bits. */
const largestPrefetch = 65_535;

/** Connects, declares exchange and queue, and consumes. */
export async function openAmqpSession(
  url: AmqpUrl,
  options: AmqpSessionOptions,
  events: SessionEvents,
): Promise<Session> {
  const model = await openAmqp(url);
  try {
    return await settleWithin(startSession(model, options, events), declareLimitMs, 'the event queue was not declared');
  } catch (error) {
    await closeAmqp(model, null);
    throw error;
  }
}

async function startSession(model: ChannelModel, options: AmqpSessionOptions, events: SessionEvents): Promise<Session> {
  const session = new AmqpSession(model, await model.createChannel(), options, events);
  await session.consume();
  return session;
}

class AmqpSession implements Session {
  causeBefore: LossCause | undefined;
  readonly #model: ChannelModel;
  readonly #channel: Channel;
  readonly #options: AmqpSessionOptions;
  readonly #events: SessionEvents;
  readonly #isDurable: boolean;
  #control: Promise<ConfirmChannel> | null = null;
  #overflow: OverflowWatch | null = null;
  #lastError: Error | null = null;
  #closed = false;

  constructor(model: ChannelModel, channel: Channel, options: AmqpSessionOptions, events: SessionEvents) {
    this.#model = model;
    this.#channel = channel;
    this.#options = options;
    this.#events = events;
    this.#isDurable = options.queue.mode === 'durable';
    for (const emitter of [model, channel]) emitter.on('error', (error: Error) => (this.#lastError = error));
    model.on('close', (error?: Error) => this.#end(error ?? new Error('the broker closed the connection')));
    // A connection closes its channels first and says why afterwards.
    channel.on('close', () => setImmediate(() => this.#end(new Error('the broker closed the channel'))));
  }

  /** The order of methods is Celery's (`celery.events.receiver`). */
  async consume(): Promise<void> {
    const { eventExchange, prefetch } = this.#options;
    await this.#declareExchange();
    const queue = await this.#declareQueue();
    await this.#channel.bindQueue(queue, eventExchange, '#');
    if (this.#isDurable) {
      this.causeBefore = await markQueue(this.#model, queue);
      await this.#overflow?.start();
      await this.#channel.prefetch(Math.min(prefetch, largestPrefetch));
    }
    await this.#channel.consume(queue, (message) => this.#receive(message), { noAck: !this.#isDurable });
  }

  /**
   * RabbitMQ numbers the deliveries of a channel from 1 up without a hole, and this channel has but one consumer: the
   * delivery tag of the n-th message is n.
   */
  ack(count: number): void {
    if (!this.#isDurable || this.#closed) return;
    try {
      this.#channel.ack({ fields: { deliveryTag: count } } as ConsumeMessage, true);
    } catch {
      // The channel is closing: the broker will deliver these again, to the next session.
    }
  }

  async broadcast(message: Broadcast): Promise<void> {
    const exchange = `${this.#options.controlExchange}.pidbox`;
    const channel = await this.#openControl();
    try {
      // As Celery, each time: without any worker there may be no such exchange, and publishing would close the channel.
      await channel.assertExchange(exchange, 'fanout', { durable: false });
      await publishConfirmed(channel, exchange, message);
    } catch (error) {
      this.#control = null;
      await channel.close().catch(() => undefined);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#overflow?.close();
    await closeAmqp(this.#model, this.#channel);
  }

  async #declareExchange(): Promise<void> {
    const { eventExchange } = this.#options;
    try {
      await this.#channel.assertExchange(eventExchange, 'topic', { durable: true });
    } catch (error) {
      if (!isPreconditionFailed(error)) throw error;
      const said = `the exchange ${eventExchange} exists, but not as Celery declares it (topic, durable): ${error.message}`;
      throw new Error(said, { cause: error });
    }
  }

  async #declareQueue(): Promise<string> {
    if (!this.#isDurable) return this.#declareTransientQueue();
    const { name, expiresMs, maxBytes } = this.#options.queue;
    this.#overflow = await OverflowWatch.open(this.#model, { name, expiresMs }, (isOverflowing) =>
      this.#events.onOverflow(isOverflowing),
    );
    const queueArguments = {
      ...{ 'x-expires': expiresMs, 'x-max-length-bytes': maxBytes, 'x-overflow': 'drop-head' },
      ...(this.#overflow && { 'x-dead-letter-exchange': toDroppedName(name) }),
    };
    try {
      const { consumerCount } = await this.#channel.assertQueue(name, { durable: true, arguments: queueArguments });
      if (consumerCount > 0) {
        const said =
          'another consumer reads our event queue, and gets a share of the events; give each monitor its own --events-queue-name';
        this.#options.log.warn(said, { queue: name, consumers: consumerCount });
      }
      return name;
    } catch (error) {
      if (!isPreconditionFailed(error)) throw error;
      const wayOut = 'Delete it on the broker, or choose another name with --events-queue-name';
      throw new Error(`the queue ${name} exists with other properties. ${wayOut}. ${error.message}`, { cause: error });
    }
  }

  async #declareTransientQueue(): Promise<string> {
    const { queue } = await this.#channel.assertQueue(`celeryev.${randomUUID()}`, {
      durable: false,
      autoDelete: true,
      arguments: { 'x-expires': 60_000, 'x-message-ttl': 5_000 },
    });
    return queue;
  }

  #receive(message: ConsumeMessage | null): void {
    if (message === null) {
      this.#end(new Error('the broker cancelled our consumer; was the event queue deleted?'));
    } else {
      this.#events.onMessage(toMessage(message));
    }
  }

  #openControl(): Promise<ConfirmChannel> {
    this.#control ??= this.#model.createConfirmChannel().then(
      (channel) => {
        channel.on('error', () => (this.#control = null));
        channel.on('close', () => (this.#control = null));
        return channel;
      },
      (error: unknown) => {
        this.#control = null;
        throw error;
      },
    );
    return this.#control;
  }

  #end(reason: Error): void {
    if (!this.#closed) this.#events.onEnd(this.#lastError ?? reason);
  }
}

export function toMessage({ content, fields, properties }: ConsumeMessage): Message {
  const { contentType, contentEncoding } = properties as { contentType?: string; contentEncoding?: string };
  const headers: Record<string, unknown> | undefined = properties.headers;
  return { body: content, envelope: false, contentType, contentEncoding, headers, routingKey: fields.routingKey };
}

export function publishConfirmed(channel: ConfirmChannel, exchange: string, message: Broadcast): Promise<void> {
  const { body } = message;
  const headers = toAmqpTable(message.headers);
  const options = { contentType: 'application/json', contentEncoding: 'utf-8', headers, deliveryMode: 2, priority: 0 };
  return new Promise((resolve, reject) => {
    channel.publish(exchange, '', Buffer.from(body, 'utf8'), options, (error: Error | null) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

function isPreconditionFailed(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === preconditionFailed;
}
