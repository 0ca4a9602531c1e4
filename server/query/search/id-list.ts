import { blockRows } from '../../store/columns.ts';
import { toIdChunk, type IdSource } from '../../store/segment-data.ts';

const firstChunk = 1024;
/** Some 4 ms of FTS5. */
const largestChunk = 16_384;

/** Ids of rows, greatest first, read as far as they are needed, and no more of them than is worth it. */
export class IdList {
  readonly #source: IdSource;
  readonly #most: number;
  readonly #ids: number[] = [];
  /** All ids from this one on are known. */
  #knownFrom = Infinity;
  #chunk = firstChunk;
  #isGivenUp = false;
  /** Ids from this one on were never asked for. */
  #end = Infinity;

  constructor(source: IdSource, most: number) {
    this.#source = source;
    this.#most = most;
  }

  /** Of ids that are known already, in any order. */
  static of(ids: readonly number[]): IdList {
    const sorted = [...ids].sort((a, b) => b - a);
    return new IdList(async () => toIdChunk(sorted, Infinity), Infinity);
  }

  get isComplete(): boolean {
    return this.#knownFrom === -Infinity;
  }

  get length(): number {
    return this.#ids.length;
  }

  isCovered(from: number): boolean {
    return this.#knownFrom <= from || this.#ids.length >= this.#most || this.#isGivenUp;
  }

  /** Says that ids from this one on are of no interest; before the first is read. */
  skipTo(from: number): void {
    if (this.#knownFrom === Infinity) this.#end = this.#knownFrom = from;
  }

  /** As far as it is read; 0: nothing is known of that. */
  get idsPerBlock(): number {
    const rows = this.#end - this.#knownFrom;
    return Number.isFinite(rows) && rows > 0 ? (this.#ids.length * blockRows) / rows : 0;
  }

  /** What is not known yet is not worth to be read. */
  giveUp(): void {
    this.#isGivenUp = true;
  }

  /** It is, after all. */
  resume(): void {
    this.#isGivenUp = false;
  }

  /** Reads one chunk more. */
  async read(): Promise<void> {
    const chunk = await this.#source(this.#knownFrom, this.#chunk);
    if (chunk === null) {
      this.#isGivenUp = true;
      return;
    }
    for (const id of chunk.ids) this.#ids.push(id);
    this.#knownFrom = chunk.from;
    this.#chunk = Math.min(this.#chunk * 4, largestChunk);
  }

  /** Whether there may be one in the block. */
  mayHold(block: number): boolean {
    const from = block * blockRows;
    if (from < this.#knownFrom) return true;
    const at = this.#firstBelow(from + blockRows);
    return at < this.#ids.length && this.#ids[at]! >= from;
  }

  /** Sets rows of the block that are in the list to `inside`, the others to 0, and to 1 those of which it is not known. */
  fill(block: number, inside: number, out: Uint8Array): void {
    const from = block * blockRows;
    out.fill(0);
    if (from < this.#knownFrom) out.fill(1, 0, Math.min(blockRows, this.#knownFrom - from));
    const ids = this.#ids;
    for (let at = this.#firstBelow(from + blockRows); at < ids.length && ids[at]! >= from; at++) {
      out[ids[at]! - from] = inside;
    }
  }

  /** The index of the first id below `id`. */
  #firstBelow(id: number): number {
    let low = 0;
    let high = this.#ids.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ids[middle]! < id) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
