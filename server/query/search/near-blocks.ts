import type { Place } from './order.ts';
import { PlaceHeap } from './place-heap.ts';

/** A row behind where so many of the blocks begin hardly has its turn. */
const nearPart = 0.75;

/** Blocks of which it is known which rows may fit, and where the first of those that are left can be: the nearest on top. */
export class NearBlocks {
  readonly #places = new PlaceHeap();
  readonly #fits = new Map<number, Uint8Array>();
  /** Where blocks began when they came. */
  readonly #ranks: number[] = [];
  #cut: number | undefined;

  /** `blockOf`: that of a place. */
  constructor(private readonly blockOf: (place: Place) => number) {}

  get top(): Place | undefined {
    return this.#places.size > 0 ? this.#places.top() : undefined;
  }

  add(place: Place, fits: Uint8Array): void {
    this.#places.push(place.rank, place.tie, 0);
    this.#ranks.push(place.rank);
    this.#fits.set(this.blockOf(place), fits.slice());
  }

  take(): { place: Place; block: number; fits: Uint8Array } {
    const { rank, tie } = this.#places.pop();
    const place = { rank, tie };
    const block = this.blockOf(place);
    return { place, block, fits: this.#fits.get(block)! };
  }

  /** Which rows of a block that begins at `rank` are near: those before this rank; infinite: all. `others`: where blocks begin that are to come. */
  nearUpTo(rank: number, others: () => readonly number[], limit: number): number {
    this.#cut ??= cutOff([...this.#ranks, ...others()], limit);
    return rank < this.#cut ? this.#cut : Infinity;
  }

  /** What is left of a block begins at `place`; null: nothing is left. */
  leave(block: number, place: Place | null, fits: Uint8Array): void {
    if (place === null) {
      this.#fits.delete(block);
      return;
    }
    this.#places.push(place.rank, place.tie, 0);
    if (!this.#fits.has(block)) this.#fits.set(block, fits.slice());
  }

  clear(): void {
    this.#places.clear();
    this.#fits.clear();
    this.#ranks.length = 0;
    this.#cut = undefined;
  }
}

function cutOff(ranks: readonly number[], limit: number): number {
  if (ranks.length < 2 * limit) return Infinity;
  return Float64Array.from(ranks).sort()[Math.floor(nearPart * ranks.length)]!;
}

/** Ranks up to which blocks surely have a row, each its own: none behind the last of the least of them is among the first. */
export class SureRanks {
  #ranks: number[] = [];

  /** `limit`: how many rows are sought. */
  constructor(private readonly limit: number) {}

  /** @returns the place behind which no row is sought; null: that is as it was */
  add(rank: number): Place | null {
    this.#ranks.push(rank);
    if (this.#ranks.length < 2 * this.limit) return null;
    this.#ranks = [...Float64Array.from(this.#ranks).sort().subarray(0, this.limit)];
    return { rank: this.#ranks.at(-1)!, tie: Infinity };
  }

  clear(): void {
    this.#ranks = [];
  }
}
