import type { Delivery, EventConsumer } from '../brokers/broker.ts';
import { Backlog } from './backlog.ts';
import type { StreamMessage } from './messages.ts';
import { lastTagOf, oldestOf, ParcelBuilder, type Parcel } from './parcel.ts';
import { pieceBytes, type ParcelMemory } from './parcel-memory.ts';

export interface IntakeLimits {
  /** A parcel is handed over at once when it holds this many messages, or bytes. */
  parcelMessages: number;
  parcelBytes: number;
  /**
   * Bytes of all brokers together that may wait in memory for their commit. From half of it on, messages of a broker that
   * keeps nothing for us go to the spool; without room there and here, they are lost, and the loss is recorded. A broker that does keep
   * them sends no more than its prefetch before we acknowledge: that is the bound of its messages.
   */
  maxBacklogBytes: number;
}

export const defaultIntakeLimits: IntakeLimits = {
  parcelMessages: 1000,
  parcelBytes: pieceBytes - 16 * 1024,
  maxBacklogBytes: 32 * 1024 * 1024,
};

/** Bytes that wait in memory, of all brokers together. */
export interface SharedBytes {
  bytes: number;
}

/** The way to the writer: straight, or, when that is full, through the spool. */
export interface Way {
  readonly isSpooling: boolean;
  send(broker: number, message: StreamMessage): void;
  /** From here on all goes through the spool; false: there is none, or it has no room for so many bytes. */
  turnToSpool(bytes: number): boolean;
  hasRoom(bytes: number): boolean;
  hasMuchRoom(): boolean;
}

/** One broker's way into memory. */
export class BrokerIntake {
  readonly consumer: EventConsumer;
  readonly keepsMs: number;
  dropped = 0;
  readonly #broker: number;
  readonly #limits: IntakeLimits;
  readonly #total: SharedBytes;
  readonly #way: Way;
  readonly #builder: ParcelBuilder;
  readonly #backlog = new Backlog();
  #firstBuiltMs: number | null = null;
  #dropping = false;
  #closed = false;

  constructor(
    broker: number,
    { consumer, keepsMs }: { consumer: EventConsumer; keepsMs: number },
    limits: IntakeLimits,
    total: SharedBytes,
    way: Way,
    memory: ParcelMemory,
  ) {
    this.#broker = broker;
    this.consumer = consumer;
    this.keepsMs = keepsMs;
    this.#limits = limits;
    this.#total = total;
    this.#way = way;
    this.#builder = new ParcelBuilder(broker, memory);
  }

  /** Messages in memory, not committed. */
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
  }

  /** Posts what has come in; with `seenUntilMs`, also when nothing has. */
  handOver(seenUntilMs: number | null): void {
    if (this.#builder.count === 0 && seenUntilMs === null) return;
    const parcel = this.#builder.take(this.#dropping ? null : seenUntilMs);
    this.#total.bytes -= parcel.bytes;
    if (!this.#way.isSpooling) this.adopt(parcel, this.#firstBuiltMs);
    this.#firstBuiltMs = null;
    this.#way.send(this.#broker, { kind: 'parcel', parcel });
  }

  /** Says something that stands between what came in before and after it. */
  tell(message: StreamMessage): void {
    this.#way.send(this.#broker, message);
  }

  /** The broker itself has no room for what it keeps for us. */
  overflowsAtBroker(isOverflowing: boolean, nowMs: number): void {
    const broker = this.#broker;
    this.handOver(null);
    this.tell(
      isOverflowing ? { kind: 'overflow', broker, fromMs: nowMs } : { kind: 'overflow-ended', broker, atMs: nowMs },
    );
  }

  /** Counts a parcel that goes straight to the writer. */
  adopt(parcel: Parcel, oldestMs: number | null = null): void {
    const lastTag = lastTagOf(parcel);
    if (lastTag === undefined) return;
    const { bytes } = parcel;
    this.#backlog.add({ lastTag, count: parcel.ends.length, bytes, oldestMs: oldestMs ?? oldestOf(parcel) });
    this.#total.bytes += bytes;
  }

  committed(tag: number): void {
    const before = this.#backlog.bytes;
    this.#backlog.release(tag);
    this.#total.bytes -= before - this.#backlog.bytes;
  }

  /** Goes on where memory, or the spool, allows it again; well below the limit, so as not to stop and go at each commit. */
  relieve(nowMs: number): void {
    if (this.#dropping && this.#hasRoomAgain()) {
      this.#dropping = false;
      this.#way.send(this.#broker, { kind: 'overflow-ended', broker: this.#broker, atMs: nowMs });
    }
  }

  /** From here on messages are left to the broker, or lost. */
  close(): void {
    this.#closed = true;
  }

  #isFull({ body }: Delivery): boolean {
    if (this.consumer.redelivers) return false;
    if (this.#dropping) return true;
    if (this.#way.isSpooling) return !this.#way.hasRoom(body.length);
    const needed = this.#total.bytes + body.length;
    const { maxBacklogBytes } = this.#limits;
    // The writer needs no more at hand than half of it; the other half is for what waits for a disk that is slow.
    return needed > maxBacklogBytes / 2 && !this.#way.turnToSpool(body.length) && needed > maxBacklogBytes;
  }

  #hasRoomAgain(): boolean {
    return this.#way.isSpooling ? this.#way.hasMuchRoom() : this.#total.bytes <= this.#limits.maxBacklogBytes / 2;
  }

  #drop(delivery: Delivery): void {
    this.dropped++;
    if (this.#dropping) return;
    this.handOver(null);
    this.#dropping = true;
    this.#way.send(this.#broker, { kind: 'overflow', broker: this.#broker, fromMs: delivery.receivedAtMs });
  }
}
