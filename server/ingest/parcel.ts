import type { Delivery } from '../brokers/broker.ts';
import { ParcelMemory } from './parcel-memory.ts';

/**
 * How deliveries travel between threads.
 *
 * In: single deliveries. Out: a {@link Parcel}: all bodies as bytes in one piece of memory, which changes hands without
 * being copied and which no garbage collector walks through, however long it waits; what many messages share (content
 * type, routing key, headers) once. Bodies are never looked into.
 */

/** All of a delivery that is not its own: one per distinct combination in a parcel. */
type Wrapping = Omit<Delivery, 'body' | 'receivedAtMs' | 'tag'>;

export interface Parcel {
  /** Which broker, by its place in the list of brokers. */
  broker: number;
  /** The bodies, one after the other, in memory of their own (see {@link ParcelMemory}). */
  content: Uint8Array<ArrayBuffer>;
  /** Where in `content` each of them ends. */
  ends: number[];
  receivedAtMs: number[];
  wrappings: Wrapping[];
  /** Index into `wrappings`, per message. */
  wrapping: number[];
  /** Tag of the first message; the others follow by one. */
  firstTag: number;
  /** Everything the broker sent us up to then is in this parcel or an earlier one; null: not known. Epoch milliseconds. */
  seenUntilMs: number | null;
  /** Estimated memory. */
  bytes: number;
}

/** Memory beyond the bodies: array slots of a message; the arrays and wrappings of a parcel. */
const messageBytes = 24;
const parcelBytes = 512;

export class ParcelBuilder {
  readonly #broker: number;
  readonly #memory: ParcelMemory;
  readonly #indexes = new Map<string, number>();
  /** Bodies gather here. They leave with it when they fill much of it, else as a copy of just their size. */
  #piece: Buffer<ArrayBuffer>;
  #used = 0;
  #parcel: Parcel;

  constructor(broker: number, memory = new ParcelMemory()) {
    this.#broker = broker;
    this.#memory = memory;
    this.#piece = memory.take();
    this.#parcel = emptyParcel(broker);
  }

  get count(): number {
    return this.#parcel.ends.length;
  }

  get bytes(): number {
    return this.#parcel.bytes;
  }

  add(delivery: Delivery): void {
    const parcel = this.#parcel;
    if (parcel.ends.length === 0) {
      parcel.firstTag = delivery.tag;
      parcel.bytes = parcelBytes;
    }
    const length = this.#copy(delivery.body);
    parcel.ends.push(this.#used);
    parcel.receivedAtMs.push(delivery.receivedAtMs);
    parcel.wrapping.push(this.#indexOf(delivery));
    parcel.bytes += length + messageBytes;
  }

  /** Hands out what was added, and begins anew. */
  take(seenUntilMs: number | null): Parcel {
    const parcel = this.#parcel;
    parcel.content = this.#takeContent();
    parcel.seenUntilMs = seenUntilMs;
    this.#parcel = emptyParcel(this.#broker);
    this.#indexes.clear();
    return parcel;
  }

  #takeContent(): Uint8Array<ArrayBuffer> {
    const content = this.#piece.subarray(0, this.#used);
    this.#used = 0;
    if (content.length * 2 < this.#piece.length) return new Uint8Array(content);
    this.#piece = this.#memory.take();
    return content;
  }

  /** How many bytes it is. */
  #copy(body: string | Uint8Array): number {
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    if (this.#used + length > this.#piece.length) this.#grow(this.#used + length);
    if (typeof body === 'string') this.#piece.write(body, this.#used);
    else this.#piece.set(body, this.#used);
    this.#used += length;
    return length;
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#piece.length * 2));
    this.#piece.copy(larger, 0, 0, this.#used);
    this.#memory.giveBack(this.#piece.buffer);
    this.#piece = larger;
  }

  #indexOf({ envelope, contentType, contentEncoding, headers, routingKey }: Delivery): number {
    const own = `${routingKey}\n${contentType}\n${contentEncoding}`;
    const key = headers === undefined ? own : `${own}\n${JSON.stringify(headers)}`;
    let index = this.#indexes.get(key);
    if (index === undefined) {
      index = this.#parcel.wrappings.length;
      this.#indexes.set(key, index);
      this.#parcel.wrappings.push({ envelope, contentType, contentEncoding, headers, routingKey });
    }
    return index;
  }
}

/** The tag of the last message; undefined for a parcel that only says how far we have seen. */
export function lastTagOf(parcel: Parcel): number | undefined {
  return parcel.ends.length === 0 ? undefined : parcel.firstTag + parcel.ends.length - 1;
}

/** The deliveries that were packed, in order. */
export function* readParcel(parcel: Parcel): Generator<Delivery> {
  const { buffer, byteOffset } = parcel.content;
  let start = 0;
  for (let i = 0; i < parcel.ends.length; i++) {
    const end = parcel.ends[i]!;
    const wrapping = parcel.wrappings[parcel.wrapping[i]!]!;
    yield {
      body: Buffer.from(buffer, byteOffset + start, end - start),
      envelope: wrapping.envelope,
      contentType: wrapping.contentType,
      contentEncoding: wrapping.contentEncoding,
      headers: wrapping.headers,
      routingKey: wrapping.routingKey,
      receivedAtMs: parcel.receivedAtMs[i]!,
      tag: parcel.firstTag + i,
    };
    start = end;
  }
}

/** When the first message of a parcel that holds some came in; epoch milliseconds. */
export function oldestOf(parcel: Parcel): number {
  return parcel.receivedAtMs[0] ?? 0;
}

function emptyParcel(broker: number): Parcel {
  return {
    broker,
    content: noBytes,
    ends: [],
    receivedAtMs: [],
    wrappings: [],
    wrapping: [],
    firstTag: 0,
    seenUntilMs: null,
    bytes: 0,
  };
}

/** For a parcel whose content stands elsewhere. */
export const noBytes = new Uint8Array(0);
