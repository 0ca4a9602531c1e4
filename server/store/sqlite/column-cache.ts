import type { Codes } from '../columns.ts';

/** Whole numbers of some bytes each: codes of texts, sketches of numbers. */
type Values = Codes;

/**
 * Columns that a reader thread keeps in memory, those asked for last: of ten million tasks the states, names and workers
 * together take 15 MB in each of two threads, the sketches of their run times 10 MB. Read from the file, a search by all
 * three, which few of them fit, takes two and a half times as long: 64 ms with them here.
 */
export class ColumnCache {
  /** Least recently used first. */
  readonly #columns = new Set<CachedColumn>();
  #bytes = 0;

  constructor(private readonly mostBytes: number) {}

  open(): CachedColumn {
    return new CachedColumn(this);
  }

  /** It was used, and has grown by so many bytes. */
  note(column: CachedColumn, bytes: number): void {
    this.#columns.delete(column);
    this.#columns.add(column);
    this.#bytes += bytes;
    for (const oldest of this.#columns) {
      if (this.#bytes <= this.mostBytes || oldest === column) return;
      oldest.clear();
    }
  }

  forget(column: CachedColumn, bytes: number): void {
    if (this.#columns.delete(column)) this.#bytes -= bytes;
  }
}

/** Blocks are kept together in so many bytes: as they come, each in memory of its own, they take almost twice as much. */
const slabBytes = 64 * 1024;

/** One column of one segment, by block. */
export class CachedColumn {
  readonly #blocks: (Values | undefined)[] = [];
  #slab = new ArrayBuffer(0);
  #slabUsed = 0;
  #bytes = 0;

  constructor(private readonly cache: ColumnCache) {}

  /** Of the blocks from `from` up to, and without, `to`; `read` gives them where one is not known. */
  get(from: number, to: number, read: () => Values[]): Values[] {
    const known = this.#blocks.slice(from, to);
    if (known.length === to - from && !known.includes(undefined)) {
      this.cache.note(this, 0);
      return known as Values[];
    }
    const blocks = read();
    let bytes = 0;
    for (const [i, values] of blocks.entries()) {
      bytes += values.byteLength - (this.#blocks[from + i]?.byteLength ?? 0);
      this.#blocks[from + i] = this.#keep(values);
    }
    this.#bytes += bytes;
    this.cache.note(this, bytes);
    return blocks;
  }

  /** What was known is not so any more, or not worth its memory. */
  clear(): void {
    this.cache.forget(this, this.#bytes);
    this.#blocks.length = 0;
    this.#slab = new ArrayBuffer(0);
    this.#slabUsed = 0;
    this.#bytes = 0;
  }

  #keep(values: Values): Values {
    // Of four bytes at most a value.
    const at = Math.ceil(this.#slabUsed / 4) * 4;
    if (at + values.byteLength > this.#slab.byteLength) {
      this.#slab = new ArrayBuffer(Math.max(slabBytes, values.byteLength));
      this.#slabUsed = 0;
      return this.#keep(values);
    }
    this.#slabUsed = at + values.byteLength;
    const Kind = values.constructor as new (slab: ArrayBuffer, at: number, length: number) => Values;
    const kept = new Kind(this.#slab, at, values.length);
    kept.set(values);
    return kept;
  }
}
