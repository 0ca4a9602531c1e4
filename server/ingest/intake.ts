import type { Delivery, EventConsumer } from '../brokers/broker.ts';
import { Backlog } from './backlog.ts';
import type { ReceiverMessage } from './messages.ts';
import { lastTagOf, ParcelBuilder } from './parcel.ts';

export interface IntakeLimits {
  /** A parcel is handed over at once when it holds this many messages, or bytes. */
  parcelMessages: number;
  parcelBytes: number;
  /**
   * Bytes of all brokers together that may wait for their commit. Beyond it, a broker that keeps nothing for us loses
   * its newest messages, and the loss is recorded; a quarter of it makes a broker that does keep them wait.
   */
  maxBacklogBytes: number;
}

export const defaultIntakeLimits: IntakeLimits = {
  parcelMessages: 1000,
  parcelBytes: 4 * 1024 * 1024,
  maxBacklogBytes: 256 * 1024 * 1024,
};

/** Bytes that wait, of all brokers together. */
export interface SharedBytes {
  bytes: number;
}

/**
 * One broker's way into memory. A paused Redis subscriber is cut off by the server (32 MB at once, or 8 MB for a
 * minute), so Redis is read to the last byte of the limit; RabbitMQ keeps what we do not take.
 */
export class BrokerIntake {
  readonly consumer: EventConsumer;
  readonly keepsMs: number;
  dropped = 0;
  readonly #broker: number;
  readonly #limits: IntakeLimits;
  readonly #total: SharedBytes;
  readonly #toWriter: (message: ReceiverMessage) => void;
  readonly #builder: ParcelBuilder;
  readonly #backlog = new Backlog();
  #firstBuiltMs: number | null = null;
  #dropping = false;
  #paused = false;
  #closed = false;

  constructor(
    broker: number,
    { consumer, keepsMs }: { consumer: EventConsumer; keepsMs: number },
    limits: IntakeLimits,
    total: SharedBytes,
    toWriter: (message: ReceiverMessage) => void,
  ) {
    this.#broker = broker;
    this.consumer = consumer;
    this.keepsMs = keepsMs;
    this.#limits = limits;
    this.#total = total;
    this.#toWriter = toWriter;
    this.#builder = new ParcelBuilder(broker);
  }

  /** Messages not committed. */
  get count(): number {
    return this.#backlog.count + this.#builder.count;
  }

  get bytes(): number {
    return this.#backlog.bytes + this.#builder.bytes;
  }

  get oldestMs(): number | null {
    return this.#backlog.oldestMs ?? this.#firstBuiltMs;
  }

  take(delivery: Delivery): void {
    if (this.#closed) return;
    if (this.#isFull(delivery)) {
      this.#drop(delivery);
      return;
    }
    const before = this.#builder.bytes;
    this.#builder.add(delivery);
    this.#total.bytes += this.#builder.bytes - before;
    this.#firstBuiltMs ??= delivery.receivedAtMs;
    if (this.#builder.count >= this.#limits.parcelMessages || this.#builder.bytes >= this.#limits.parcelBytes) {
      this.handOver(null);
    }
    if (this.consumer.redelivers && !this.#paused && this.#total.bytes > this.#limits.maxBacklogBytes / 4) {
      this.#paused = true;
      this.consumer.pause();
    }
  }

  /** Posts what has come in; with `seenUntilMs`, also when nothing has. */
  handOver(seenUntilMs: number | null): void {
    if (this.#builder.count === 0 && seenUntilMs === null) return;
    const parcel = this.#builder.take(this.#dropping ? null : seenUntilMs);
    const lastTag = lastTagOf(parcel);
    if (lastTag !== undefined) {
      this.#backlog.add({
        lastTag,
        count: parcel.bodies.length,
        bytes: parcel.bytes,
        oldestMs: this.#firstBuiltMs ?? parcel.receivedAtMs[0]!,
      });
    }
    this.#firstBuiltMs = null;
    this.#toWriter({ kind: 'parcel', parcel });
  }

  committed(tag: number): void {
    const before = this.#backlog.bytes;
    this.#backlog.release(tag);
    this.#total.bytes -= before - this.#backlog.bytes;
  }

  /** Goes on where memory allows it again; well below the limit, so as not to stop and go at each commit. */
  relieve(nowMs: number): void {
    if (this.#dropping && this.#total.bytes <= this.#limits.maxBacklogBytes / 2) {
      this.#dropping = false;
      this.#toWriter({ kind: 'overflow-ended', broker: this.#broker, atMs: nowMs });
    }
    if (this.#paused && this.#total.bytes <= this.#limits.maxBacklogBytes / 8) {
      this.#paused = false;
      if (!this.#closed) this.consumer.resume();
    }
  }

  /** From here on messages are left to the broker, or lost. */
  close(): void {
    this.#closed = true;
  }

  #isFull(delivery: Delivery): boolean {
    if (this.consumer.redelivers) return false;
    return this.#dropping || this.#total.bytes + delivery.body.length > this.#limits.maxBacklogBytes;
  }

  #drop(delivery: Delivery): void {
    this.dropped++;
    if (this.#dropping) return;
    this.handOver(null);
    this.#dropping = true;
    this.#toWriter({ kind: 'overflow', broker: this.#broker, fromMs: delivery.receivedAtMs });
  }
}
