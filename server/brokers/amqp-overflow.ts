/**
 * Finds out whether RabbitMQ threw away, for want of room, what it kept for us: a full queue drops its oldest messages
 * without a word. So they go, as dead letters, to a queue beside it that holds but the newest of them: whenever there is
 * one that was not there before, messages were dropped meanwhile, whether we were connected or not.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Channel, ChannelModel, GetMessage } from 'amqplib';

/** An exchange and a queue of this name. A user who may declare `NAME` only is not told of what is dropped. */
export const toDroppedName = (queue: string): string => `${queue}.dropped`;

/** It must not go before the queue that it belongs to. */
const staysLongerMs = 60_000;
/** The largest x-expires there is. */
const longestMs = 2 ** 32 - 1;
const lookEveryMs = 1000;

export class OverflowWatch {
  readonly #channel: Channel;
  readonly #name: string;
  readonly #onLook: (isOverflowing: boolean) => void;
  /** Ours until what it says has had the time to be stored: should we die before, it is found again. */
  #held: GetMessage | null = null;
  #saidEnd = false;
  #closed = false;

  private constructor(channel: Channel, name: string, onLook: (isOverflowing: boolean) => void) {
    this.#channel = channel;
    this.#name = name;
    this.#onLook = onLook;
  }

  /** Declares what it needs, on a channel of its own; null: that is not allowed. */
  static async open(
    model: ChannelModel,
    queue: { name: string; expiresMs: number },
    onLook: (isOverflowing: boolean) => void,
  ): Promise<OverflowWatch | null> {
    const name = toDroppedName(queue.name);
    const channel = await model.createChannel();
    channel.on('error', () => undefined);
    try {
      await channel.assertExchange(name, 'fanout', { durable: true, autoDelete: true });
      const expiresMs = Math.min(queue.expiresMs + staysLongerMs, longestMs);
      await channel.assertQueue(name, { durable: true, arguments: { 'x-expires': expiresMs, 'x-max-length': 1 } });
      await channel.bindQueue(name, name, '');
    } catch {
      return null;
    }
    const watch = new OverflowWatch(channel, name, onLook);
    channel.on('close', () => (watch.#closed = true));
    return watch;
  }

  /** Tells what it finds, now and every second; settles after the first time. */
  async start(): Promise<void> {
    await this.#look();
    void this.#goOn();
  }

  close(): void {
    if (!this.#closed && this.#saidEnd) this.#release();
    this.#closed = true;
  }

  #release(): void {
    if (this.#held !== null) this.#channel.ack(this.#held);
    this.#held = null;
  }

  async #goOn(): Promise<void> {
    while (!this.#closed) {
      await sleep(lookEveryMs, undefined, { ref: false });
      if (!this.#closed) await this.#look().catch(() => this.close());
    }
  }

  async #look(): Promise<void> {
    const found = await this.#channel.get(this.#name, { noAck: false });
    if (found === false && this.#held !== null && !this.#saidEnd) {
      this.#saidEnd = true;
    } else {
      this.#release();
      this.#held = found === false ? null : found;
      this.#saidEnd = false;
    }
    this.#onLook(found !== false);
  }
}
