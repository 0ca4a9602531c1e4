import type { FileHandle } from 'node:fs/promises';
import type { StreamMessage } from './messages.ts';
import { ParcelMemory } from './parcel-memory.ts';
import { countMessages, openToRead, removeFile, type SpoolFile, type SpoolFolder } from './spool-files.ts';
import { chunkBytes, readRecords, type SpoolEntry } from './spool-record.ts';
import { SpoolTail, type TailHooks } from './spool-tail.ts';

/**
 * What was received, has no place in memory and is not committed: first in, first out, in files of bounded size.
 *
 * In: messages, without waiting; they are written behind the caller's back, in as large pieces as have gathered. Out: the
 * same in the same order, each with a number; a file goes when the last of its numbers is committed, so whoever opens the
 * folder after a process that was killed finds all of it again. A disk that fails throws nothing: there is less room then.
 * A file is not synced: it outlives the process, and of a power cut what the system had written.
 */

export interface SpoolOptions {
  /** Of all files together. */
  maxBytes: number;
  /** A file is complete when it has this size. */
  fileBytes?: number;
  /** How much may wait to be written. */
  maxUnwrittenBytes?: number;
  /** How long a disk that failed is left alone. */
  retryMs?: number;
}

interface InFlight {
  number: number;
  messages: number;
  bytes: number;
  oldestMs: number | null;
}

export class Spool {
  /** Whether an earlier run left something, and whether that run was asked to stop. */
  readonly left: { clean: boolean } | null;
  readonly #maxBytes: number;
  readonly #maxUnwrittenBytes: number;
  readonly #folder: SpoolFolder;
  readonly #tail: SpoolTail;
  readonly #hooks: TailHooks;
  readonly #memory: ParcelMemory;
  /** In order; the first ones are read to their end and not committed. */
  readonly #files: SpoolFile[];
  #readFiles = 0;
  /** Of those, the last number given to what was in them. */
  readonly #lastNumbers = new Map<SpoolFile, number>();
  #reading: { handle: FileHandle; at: number; messages: number } | null = null;
  /** Where what is read stands, while there is something to be read. */
  #chunk: Buffer<ArrayBuffer> | null = null;
  #messages: number;
  #inFlight: InFlight[] = [];
  #number = 0;

  constructor(folder: SpoolFolder, options: SpoolOptions, hooks: TailHooks, memory = new ParcelMemory()) {
    const { maxBytes, maxUnwrittenBytes = 16 * 2 ** 20, fileBytes = 16 * 2 ** 20, retryMs = 1000 } = options;
    this.#maxBytes = maxBytes;
    this.#maxUnwrittenBytes = maxUnwrittenBytes;
    this.#hooks = hooks;
    this.#memory = memory;
    this.#folder = folder;
    this.#files = folder.files;
    this.#tail = new SpoolTail({ folder: folder.path, fileBytes, retryMs }, folder.files, hooks, memory);
    this.#messages = sum(folder.files.map((file) => file.messages));
    this.left = folder.files.length === 0 ? null : { clean: folder.last?.message.kind === 'stopped' };
  }

  /** On the disk and on the way there. */
  get bytes(): number {
    return this.#tail.unwrittenBytes + sum(this.#files.map((file) => file.bytes));
  }

  /** Messages of brokers that are not committed. */
  get messages(): number {
    return this.#messages;
  }

  /** When the oldest of those given out and not committed came in, epoch milliseconds. */
  get oldestMs(): number | null {
    return this.#inFlight.find((one) => one.oldestMs !== null)?.oldestMs ?? null;
  }

  /** Nothing is left to be read. */
  get isDrained(): boolean {
    return this.#tail.isEmpty && !this.#tail.isWriting && !this.#hasUnread();
  }

  /** `spareBytes`: memory that nobody else needs now; what waits for the disk may have it too. */
  hasRoom(bytes: number, spareBytes = 0): boolean {
    const mayWait = this.#maxUnwrittenBytes + spareBytes;
    return this.#tail.unwrittenBytes + bytes <= mayWait && this.bytes + bytes <= this.#maxBytes;
  }

  /** Well below the limits, so as not to stop and go at each message. */
  hasMuchRoom(spareBytes = 0): boolean {
    return this.hasRoom(Math.min(this.#maxUnwrittenBytes / 2, this.#maxBytes / 4), spareBytes);
  }

  /** How much of the memory that was spare waits for the disk. */
  get borrowedBytes(): number {
    return Math.max(0, this.#tail.unwrittenBytes - this.#maxUnwrittenBytes);
  }

  append(entry: SpoolEntry): void {
    this.#messages += countMessages(entry);
    this.#tail.append(entry);
  }

  /** The next messages, about a megabyte; none: there are none now. What is on the disk is `spooled`. */
  async read(): Promise<SpoolEntry[]> {
    while (this.#hasUnread()) {
      const entries = await this.#readSome();
      if (entries.length > 0) return entries.map(({ url, message }) => ({ url, message: this.#giveOut(message) }));
    }
    // All that is on the disk is read: what comes next begins a new file, so that this one can go.
    if (this.#tail.openFile !== null && !this.#tail.isWriting) await this.#endReading(this.#tail.openFile);
    if (this.#tail.isWriting || this.#hasUnread()) return [];
    // The disk fails: what waits in memory need not pass over it.
    this.#chunk = null;
    const entries = this.#tail.takeUnwritten();
    this.#messages -= sum(entries.map(countMessages));
    return entries;
  }

  /** All up to `number` are committed: files that hold nothing else go. How many bytes are not in flight any more. */
  committed(number: number): number {
    const done = this.#inFlight.filter((one) => one.number <= number);
    this.#inFlight = this.#inFlight.slice(done.length);
    this.#messages -= sum(done.map((one) => one.messages));
    this.#removeCommitted();
    return sum(done.map((one) => one.bytes));
  }

  /** Writes what has to be read before all that is there, and what has to be read after it; then leaves the folder. */
  async close(before: SpoolEntry[], after: SpoolEntry[]): Promise<void> {
    try {
      await this.#tail.close(before, after);
    } finally {
      await this.#reading?.handle.close().catch(() => undefined);
      this.#folder.release();
    }
  }

  #hasUnread(): boolean {
    const next = this.#files[this.#readFiles];
    return next !== undefined && (next !== this.#tail.openFile || (this.#reading?.at ?? 0) < next.bytes);
  }

  async #readSome(): Promise<SpoolEntry[]> {
    const file = this.#files[this.#readFiles]!;
    try {
      this.#reading ??= { handle: await openToRead(file), at: 0, messages: 0 };
      const reading = this.#reading;
      if (reading.at >= file.bytes) return await this.#endReading(file);
      const { entries, next, isTorn } = await readRecords(
        reading.handle,
        reading.at,
        file.bytes,
        (this.#chunk ??= Buffer.allocUnsafeSlow(chunkBytes)),
      );
      reading.at = next;
      reading.messages += sum(entries.map(countMessages));
      if (isTorn) {
        this.#hooks.warn('a file of the spool is damaged: what follows in it is lost', { file: file.path, at: next });
        return await this.#endTorn(file);
      }
      return entries;
    } catch (error) {
      this.#hooks.warn('a file of the spool cannot be read', { file: file.path, error: String(error) });
      return this.#endTorn(file);
    }
  }

  /** What is lost with the rest of it has to be told in its place; until that is committed, the file stays and tells it again. */
  async #endTorn(file: SpoolFile): Promise<SpoolEntry[]> {
    await this.#endReading(file, this.#number + 1);
    return [{ url: null, message: { kind: 'torn' } }];
  }

  /** Nothing more will come out of it. `lastNumber`: with it the file may go. */
  async #endReading(file: SpoolFile, lastNumber = this.#number): Promise<[]> {
    const reading = this.#reading;
    this.#reading = null;
    // A torn file holds fewer messages than it was thought to.
    this.#messages -= file.messages - (reading?.messages ?? 0);
    this.#lastNumbers.set(file, lastNumber);
    this.#readFiles++;
    if (this.#tail.openFile === file) await this.#tail.complete();
    await reading?.handle.close().catch(() => undefined);
    this.#removeCommitted();
    return [];
  }

  #giveOut(message: StreamMessage): StreamMessage {
    this.#number++;
    const parcel = message.kind === 'parcel' ? message.parcel : null;
    this.#inFlight.push({
      number: this.#number,
      messages: parcel?.ends.length ?? 0,
      bytes: parcel?.bytes ?? 0,
      oldestMs: parcel?.receivedAtMs[0] ?? null,
    });
    const given = { ...message, spooled: this.#number };
    // What was read stands where more will be read to.
    if (given.kind === 'parcel') given.parcel = { ...given.parcel, content: this.#memory.copy(given.parcel.content) };
    return given;
  }

  #removeCommitted(): void {
    const committed = (this.#inFlight[0]?.number ?? this.#number + 1) - 1;
    for (let file = this.#files[0]; file && this.#readFiles > 0; file = this.#files[0]) {
      if (this.#lastNumbers.get(file)! > committed) return;
      this.#files.shift();
      this.#readFiles--;
      this.#lastNumbers.delete(file);
      void removeFile(file);
    }
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
