import type { Codes } from '../columns.ts';

/**
 * Columns of codes that a reader thread keeps in memory, those asked for last: whole numbers of a byte or two, of which
 * ten million tasks' states, names and workers together take 15 MB in each of two threads. Read from the file, a search
 * by all three, which few of them fit, takes two and a half times as long: 64 ms with them here.
 */
export class CodeCache {
  /** Least recently used first. */
  readonly #columns = new Set<CachedCodes>();
  #bytes = 0;

  constructor(private readonly mostBytes: number) {}

  open(): CachedCodes {
    return new CachedCodes(this);
  }

  /** It was used, and has grown by so many bytes. */
  note(column: CachedCodes, bytes: number): void {
    this.#columns.delete(column);
    this.#columns.add(column);
    this.#bytes += bytes;
    for (const oldest of this.#columns) {
      if (this.#bytes <= this.mostBytes || oldest === column) return;
      oldest.clear();
    }
  }

  forget(column: CachedCodes, bytes: number): void {
    if (this.#columns.delete(column)) this.#bytes -= bytes;
  }
}

/** One column of one segment, by block. */
export class CachedCodes {
  readonly #blocks: (Codes | undefined)[] = [];
  #bytes = 0;

  constructor(private readonly cache: CodeCache) {}

  /** Of the blocks from `from` up to, and without, `to`; `read` gives them where one is not known. */
  get(from: number, to: number, read: () => Codes[]): Codes[] {
    const known = this.#blocks.slice(from, to);
    if (known.length === to - from && !known.includes(undefined)) {
      this.cache.note(this, 0);
      return known as Codes[];
    }
    const blocks = read();
    let bytes = 0;
    for (const [i, codes] of blocks.entries()) {
      bytes += codes.byteLength - (this.#blocks[from + i]?.byteLength ?? 0);
      this.#blocks[from + i] = codes;
    }
    this.#bytes += bytes;
    this.cache.note(this, bytes);
    return blocks;
  }

  /** What was known is not so any more, or not worth its memory. */
  clear(): void {
    this.cache.forget(this, this.#bytes);
    this.#blocks.length = 0;
    this.#bytes = 0;
  }
}
