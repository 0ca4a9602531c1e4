import { GapKeeper, type BrokerTraits } from './gaps.ts';
import type { SharedBytes } from './intake.ts';
import { placeOf, type StreamMessage } from './messages.ts';
import { noteIn } from './note-in.ts';
import type { Parcel } from './parcel.ts';
import type { ParcelMemory } from './parcel-memory.ts';
import type { SpoolEntry } from './spool-record.ts';
import type { SpoolFolder } from './spool-files.ts';
import { Spool, type SpoolOptions } from './spool.ts';
import type { TailHooks } from './spool-tail.ts';

/**
 * What a receiver has to say to the writer, of brokers that keep nothing for us.
 *
 * In: messages in order. Out: the same in the same order, straight while memory suffices; else through the spool, which
 * is left again when all of it has been read. What an earlier run left in the spool comes before everything else. So the
 * writer sees one stream, gaps and "seen until" in their places, and need not know what took which way: whatever it
 * calls seen is stored, and what the spool holds says itself up to when it goes.
 */

export interface OutflowOptions {
  brokers: BrokerTraits[];
  /** Where messages go for which there is no memory. */
  spool: { folder: SpoolFolder; options: SpoolOptions } | null;
  /** In memory, of all brokers. */
  maxBacklogBytes: number;
  /** The form in which a parcel may be written to a disk. */
  toStorable(parcel: Parcel): Parcel;
}

export interface OutflowOutlet {
  toWriter(message: StreamMessage): void;
  /** A parcel of this run goes straight to the writer after all. */
  onAdopted(parcel: Parcel): void;
  warn(message: string, fields: Readonly<Record<string, unknown>>): void;
  append?: TailHooks['append'];
}

export class Outflow {
  #isSpooling = false;
  readonly #options: OutflowOptions;
  readonly #spool: Spool | null;
  readonly #total: SharedBytes;
  readonly #outlet: OutflowOutlet;
  /** What was known where the stream has got to: on the disk, or with the writer. */
  readonly #sight: GapKeeper;
  #isPumping = false;
  #isHalted = false;
  #isClosed = false;

  constructor(options: OutflowOptions, total: SharedBytes, outlet: OutflowOutlet, memory: ParcelMemory) {
    this.#options = options;
    this.#total = total;
    this.#outlet = outlet;
    this.#sight = new GapKeeper({}, options.brokers);
    const { spool } = options;
    const hooks: TailHooks = {
      onReadable: () => void this.#pump(),
      onPassed: ({ url, message }) => this.#note(this.#indexOf(url), message),
      toHeader: () => this.#toHeader(),
      toStorable: (entry) => this.#toStorable(entry),
      warn: (message, fields) => outlet.warn(message, fields),
      append: outlet.append,
    };
    this.#spool = spool && new Spool(spool.folder, spool.options, hooks, memory);
  }

  /** Everything new goes through the spool. */
  get isSpooling(): boolean {
    return this.#isSpooling;
  }

  /** Messages of brokers, and bytes, in the spool; and since when. */
  get figures(): { messages: number; bytes: number; oldestMs: number | null } {
    const spool = this.#spool;
    return { messages: spool?.messages ?? 0, bytes: spool?.bytes ?? 0, oldestMs: spool?.oldestMs ?? null };
  }

  /** Whether an earlier run left something: then the writer hears that first. */
  get resumes(): boolean {
    return (this.#spool?.left ?? null) !== null;
  }

  start(): void {
    const left = this.#spool?.left ?? null;
    if (left === null) return;
    this.#isSpooling = true;
    this.#spool?.append({ url: null, message: { kind: 'restarted', clean: left.clean } });
  }

  /** `broker`: its place in the list. */
  send(broker: number, message: StreamMessage): void {
    // That the sockets close is no news: the end was told.
    if (this.#isClosed) return;
    if (this.#isSpooling) {
      this.#spool?.append({ url: this.#options.brokers[broker]?.maskedUrl ?? null, message });
      return;
    }
    this.#note(broker, message);
    this.#outlet.toWriter(message);
  }

  turnToSpool(): void {
    this.#isSpooling = true;
  }

  hasRoom(bytes: number): boolean {
    return this.#spool?.hasRoom(bytes, this.#spareBytes) ?? false;
  }

  hasMuchRoom(): boolean {
    return this.#spool?.hasMuchRoom(this.#spareBytes) ?? false;
  }

  get #spareBytes(): number {
    return Math.max(0, this.#options.maxBacklogBytes - this.#total.bytes);
  }

  /** The writer is given more of the spool: half of the memory may be used for it, unless what waits for the disk has that. */
  get #mayPump(): boolean {
    const { maxBacklogBytes } = this.#options;
    const taken = this.#total.bytes + (this.#spool?.borrowedBytes ?? 0);
    return this.#isSpooling && !this.#isHalted && this.#total.bytes <= maxBacklogBytes / 2 && taken <= maxBacklogBytes;
  }

  /** Up to this number all that was spooled is committed. */
  committed(number: number): void {
    this.#total.bytes -= this.#spool?.committed(number) ?? 0;
  }

  /** Gives the writer what it has room for. */
  relieve(): void {
    if (this.#isSpooling) void this.#pump();
  }

  /** The writer is given nothing from the spool any more. */
  halt(): void {
    this.#isHalted = true;
  }

  /** Writes down what the writer could not commit; the spool is another process's from then on. */
  async close(before: StreamMessage[], after: StreamMessage[]): Promise<void> {
    this.halt();
    this.#isClosed = true;
    const spool = this.#spool;
    if (spool === null) return;
    const isEmpty = before.length === 0 && after.length === 0 && spool.isDrained && spool.messages === 0;
    const toEntry = (message: StreamMessage): SpoolEntry => ({ url: this.#urlOf(message), message });
    const end: StreamMessage[] = isEmpty ? [] : [{ kind: 'stopped' }];
    await spool
      .close(before.map(toEntry), [...after, ...end].map(toEntry))
      .catch((error: unknown) => this.#outlet.warn('the spool could not be closed', { error: String(error) }));
  }

  async #pump(): Promise<void> {
    if (this.#isPumping || this.#spool === null) return;
    this.#isPumping = true;
    try {
      while (this.#mayPump) {
        const read = await this.#spool.read();
        if (this.#isHalted) return;
        for (const { url, message } of read) this.#pass(url, message);
        if (read.length === 0 && !this.#spool.isDrained) return;
        if (read.length === 0) this.#isSpooling = false;
      }
    } finally {
      this.#isPumping = false;
    }
  }

  #pass(url: string | null, message: StreamMessage): void {
    const here = this.#readdress(this.#indexOf(url), message);
    if (here === null) return;
    if (here.kind === 'parcel' && here.spooled === undefined) this.#outlet.onAdopted(here.parcel);
    else if (here.kind === 'parcel') this.#total.bytes += here.parcel.bytes;
    this.#outlet.toWriter(here);
  }

  /** As it is in this run. Of a broker that is not in use now only its messages count. */
  #readdress(broker: number, message: StreamMessage): StreamMessage | null {
    if (!('broker' in message) && message.kind !== 'parcel') return message;
    if (message.kind !== 'parcel') return broker < 0 ? null : { ...message, broker };
    const seenUntilMs = broker < 0 ? null : message.parcel.seenUntilMs;
    return { ...message, parcel: { ...message.parcel, broker, seenUntilMs } };
  }

  /** A broker that keeps messages for us has no part in the spool, even if it had one under other options. */
  #indexOf(url: string | null): number {
    return this.#options.brokers.findIndex(({ maskedUrl, keepsMs }) => maskedUrl === url && keepsMs === 0);
  }

  #urlOf(message: StreamMessage): string | null {
    return this.#options.brokers[placeOf(message)]?.maskedUrl ?? null;
  }

  #note(broker: number, message: StreamMessage): void {
    if (message.kind === 'restarted') this.#sight.restarted(message.clean);
    else if (broker >= 0) noteIn(this.#sight, broker, message);
  }

  #toHeader(): SpoolEntry[] {
    return this.#sight.sights().flatMap((sight, broker): SpoolEntry[] => {
      const { maskedUrl, keepsMs } = this.#options.brokers[broker]!;
      return keepsMs > 0 || sight.seenUntil === null
        ? []
        : [{ url: maskedUrl, message: { kind: 'sight', broker, sight } }];
    });
  }

  #toStorable(entry: SpoolEntry): SpoolEntry {
    const { url, message } = entry;
    if (message.kind !== 'parcel' || message.parcel.ends.length === 0) return entry;
    const parcel = this.#options.toStorable(message.parcel);
    return parcel === message.parcel ? entry : { url, message: { ...message, parcel } };
  }
}
