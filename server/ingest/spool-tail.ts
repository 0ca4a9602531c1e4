import { open, type FileHandle } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ParcelMemory } from './parcel-memory.ts';
import { countMessages, nameComplete, toFile, toNextIndex, type SpoolFile } from './spool-files.ts';
import { toRecord, type SpoolEntry } from './spool-record.ts';

/**
 * The end of the spool where entries are added.
 *
 * In: entries, without waiting. Out: files that grow, one after the other; a file gets all of the records of a write or
 * none. What waits to be written stands in memory; a disk that fails is asked again, and costs nothing that stands there.
 */

export interface TailOptions {
  folder: string;
  /** A file is complete when it has this size. */
  fileBytes: number;
  /** How long a disk that failed is left alone. */
  retryMs: number;
}

export interface TailHooks {
  /** Something can be read that could not be read before. */
  onReadable(): void;
  /** An entry is on the disk, or was taken without it. */
  onPassed(entry: SpoolEntry): void;
  /** What a file has to begin with, so that it can be understood without those before it. */
  toHeader(): SpoolEntry[];
  /** The form in which an entry may be written to a disk. */
  toStorable(entry: SpoolEntry): SpoolEntry;
  warn(message: string, fields: Readonly<Record<string, unknown>>): void;
  /** Appends all of `parts`; another one in tests. */
  append?(file: FileHandle, parts: readonly Uint8Array[]): Promise<void>;
}

/** Written in one go: each write costs some turns of an event loop that is busy with sockets. */
const writeBytes = 4 * 1024 * 1024;
/**
 * Put into its form in one turn, or one parcel if that is larger: what is more would let sockets wait, when every message
 * has to be looked at for it. A turn reads up to 2 MB from a socket.
 */
const turnBytes = 128 * 1024;
/** Estimated memory of what is no parcel. */
const changeBytes = 200;

export class SpoolTail {
  readonly #options: TailOptions;
  readonly #hooks: TailHooks;
  readonly #memory: ParcelMemory;
  /** Of the whole spool, in order. */
  readonly #files: SpoolFile[];
  #writing: { file: SpoolFile; handle: FileHandle } | null = null;
  #unwritten: { entry: SpoolEntry; bytes: number }[] = [];
  #unwrittenBytes = 0;
  #writes: Promise<void> | null = null;
  #retry: NodeJS.Timeout | null = null;
  #trouble: string | null = null;
  #isClosing = false;

  constructor(options: TailOptions, files: SpoolFile[], hooks: TailHooks, memory: ParcelMemory) {
    this.#options = options;
    this.#files = files;
    this.#hooks = hooks;
    this.#memory = memory;
  }

  get isWriting(): boolean {
    return this.#writes !== null;
  }

  get isEmpty(): boolean {
    return this.#unwritten.length === 0;
  }

  /** Estimated memory of what waits to be written. */
  get unwrittenBytes(): number {
    return this.#unwrittenBytes;
  }

  /** The file that is not complete. */
  get openFile(): SpoolFile | null {
    return this.#writing?.file ?? null;
  }

  append(entry: SpoolEntry): void {
    const last = this.#unwritten.at(-1);
    if (last !== undefined && !this.isWriting && saysAllOf(last.entry, entry)) {
      last.entry = entry;
      return;
    }
    const bytes = entry.message.kind === 'parcel' ? entry.message.parcel.bytes : changeBytes;
    this.#unwritten.push({ entry, bytes });
    this.#unwrittenBytes += bytes;
    if (this.#retry === null) this.#writes ??= this.#writeAll();
  }

  /** What waits to be written, which then will not be; not while something is being written. */
  takeUnwritten(): SpoolEntry[] {
    const entries = this.#unwritten.splice(0).map(({ entry }) => entry);
    this.#unwrittenBytes = 0;
    for (const entry of entries) this.#hooks.onPassed(entry);
    return entries;
  }

  /** The next entry begins a new file. */
  async complete(): Promise<void> {
    const writing = this.#writing;
    if (writing === null) return;
    this.#writing = null;
    await writing.handle.close().catch(() => undefined);
    await nameComplete(this.#options.folder, writing.file);
  }

  /** Writes what waits, `before` into a file before all others, and `after`. Rejects with what the disk says. */
  async close(before: SpoolEntry[], after: SpoolEntry[]): Promise<void> {
    this.#isClosing = true;
    await this.#writes;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
    try {
      if (before.length > 0) await this.#writeFirst(before);
      for (const entry of after) this.append(entry);
      await (this.#writes ?? this.#writeAll());
      if (this.#trouble !== null) throw new Error(this.#trouble);
    } finally {
      await this.complete();
    }
  }

  async #writeAll(): Promise<void> {
    // Begun in a later turn: what a burst hands over together is written together.
    await Promise.resolve();
    try {
      while (!this.isEmpty) await this.#writeSome();
      this.#setTrouble(null);
    } catch (error) {
      this.#setTrouble(error instanceof Error ? error.message : String(error));
      if (!this.#isClosing) this.#retryLater();
    } finally {
      this.#writes = null;
    }
    this.#hooks.onReadable();
  }

  #retryLater(): void {
    this.#retry = setTimeout(() => {
      this.#retry = null;
      if (!this.isEmpty) this.#writes ??= this.#writeAll();
    }, this.#options.retryMs);
  }

  async #writeSome(): Promise<void> {
    const { file, handle } = (this.#writing ??= await this.#begin());
    let count = 0;
    for (let bytes = 0; count < this.#unwritten.length && bytes < writeBytes; count++) {
      bytes += this.#unwritten[count]!.bytes;
    }
    const entries = this.#unwritten.slice(0, count).map(({ entry }) => entry);
    const header = file.bytes === 0 ? this.#hooks.toHeader() : [];
    await this.#write(file, handle, [...header, ...entries]);
    for (const { bytes } of this.#unwritten.splice(0, count)) this.#unwrittenBytes -= bytes;
    for (const entry of entries) {
      this.#hooks.onPassed(entry);
      if (entry.message.kind === 'parcel') this.#memory.giveBack(entry.message.parcel.content.buffer);
    }
    if (file.bytes >= this.#options.fileBytes) await this.complete();
    this.#hooks.onReadable();
  }

  async #begin(): Promise<{ file: SpoolFile; handle: FileHandle }> {
    const file = toFile(this.#options.folder, toNextIndex(this.#files));
    const handle = await open(file.path, 'ax', 0o600);
    this.#files.push(file);
    return { file, handle };
  }

  async #write(file: SpoolFile, handle: FileHandle, entries: SpoolEntry[]): Promise<void> {
    const parts = await this.#toParts(entries);
    try {
      await (this.#hooks.append ?? appendAll)(handle, parts);
    } catch (error) {
      // What was written of it would make all that follows in this file unreadable.
      await handle.truncate(file.bytes).catch(() => this.complete());
      throw error;
    }
    file.bytes += lengthOf(parts);
    file.messages += entries.reduce((sum, entry) => sum + countMessages(entry), 0);
  }

  async #toParts(entries: SpoolEntry[]): Promise<Uint8Array[]> {
    const parts: Uint8Array[] = [];
    let sinceTurn = 0;
    for (const entry of entries) {
      const storable = this.#hooks.toStorable(entry);
      const record = toRecord(storable);
      parts.push(...record);
      // What may be written as it came costs next to nothing.
      if (storable !== entry) sinceTurn += lengthOf(record);
      if (sinceTurn < turnBytes) continue;
      sinceTurn = 0;
      await nextTurn();
    }
    return parts;
  }

  async #writeFirst(entries: SpoolEntry[]): Promise<void> {
    const file = toFile(this.#options.folder, (this.#files[0]?.index ?? toNextIndex([])) - 1);
    const handle = await open(file.path, 'ax', 0o600);
    await this.#write(file, handle, entries).finally(() => handle.close());
    await nameComplete(this.#options.folder, file);
  }

  #setTrouble(trouble: string | null): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    if (trouble !== null) this.#hooks.warn('the spool cannot be written to', { error: trouble });
  }
}

/** Not `appendFile`, which takes a turn for each half megabyte. */
async function appendAll(file: FileHandle, parts: readonly Uint8Array[]): Promise<void> {
  let left = parts.filter((part) => part.length > 0);
  while (left.length > 0) left = after(left, (await file.writev(left)).bytesWritten);
}

/** What comes after the first `bytes` of `parts`. */
function after(parts: Uint8Array[], bytes: number): Uint8Array[] {
  const first = parts.findIndex((part) => (bytes -= part.length) < 0);
  if (first === -1) return [];
  const [broken, ...whole] = parts.slice(first);
  return [broken!.subarray(bytes + broken!.length), ...whole];
}

function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

/** Two parcels that only say how far was seen, of one broker: the later one says it all. */
function saysAllOf(earlier: SpoolEntry, later: SpoolEntry): boolean {
  return (
    earlier.url === later.url &&
    earlier.message.kind === 'parcel' &&
    later.message.kind === 'parcel' &&
    earlier.message.parcel.ends.length === 0 &&
    later.message.parcel.ends.length === 0
  );
}
