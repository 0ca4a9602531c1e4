import type { Place } from './order.ts';
import { PlaceHeap } from './place-heap.ts';

/** So many rows wait before those that cannot have their turn are sorted out. */
const leastWaiting = 4096;

export interface WaitingRow extends Place {
  /** 1: it may fit; 2: it does. */
  fit: number;
}

/** Rows that may fit, until their turn comes: the first on top. */
export class WaitingRows {
  readonly #rows = new PlaceHeap();
  /** Those that are known to fit. */
  #sure = 0;
  #sortOutAt = leastWaiting;

  get size(): number {
    return this.#rows.size;
  }

  /** The first, if it may fit. */
  get unsureTop(): Place | undefined {
    const [first] = this.#rows.someFirst(1);
    return first?.fit === 1 ? first : undefined;
  }

  isTopBefore(place: Place): boolean {
    return this.#rows.isTopBefore(place);
  }

  add(rank: number, tie: number, fit: number): void {
    this.#rows.push(rank, tie, fit);
    if (fit === 2) this.#sure++;
  }

  /** The first ones before `next`, until so many are known to fit, or so many are to be looked at. */
  take(sureRows: number, lookedAt: number, next: Place | undefined): WaitingRow[] {
    const taken: WaitingRow[] = [];
    let [sure, unsure] = [0, 0];
    while (this.size > 0 && sure < sureRows && unsure < lookedAt) {
      if (next && !this.#rows.isTopBefore(next)) break;
      const row = this.#rows.pop();
      taken.push(row);
      if (row.fit === 2) sure++;
      else unsure++;
    }
    this.#sure -= sure;
    return taken;
  }

  /** Some of those that will have their turn soon and may fit, at most so many. */
  soonest(count: number): Place[] {
    return this.#rows.someFirst(count).filter(({ fit }) => fit === 1);
  }

  /**
   * Drops, now and then, rows that cannot have their turn, because enough before them are known to fit.
   * @returns the last of those that are left; null: none was dropped
   */
  sortOut(sureRows: number): Place | null {
    if (this.size < this.#sortOutAt || this.#sure < sureRows) return null;
    const last = this.#rows.dropBehind(sureRows);
    this.#sure = sureRows;
    this.#sortOutAt = leastWaiting + 2 * this.size;
    return last;
  }

  clear(): void {
    this.#rows.clear();
    this.#sure = 0;
  }
}
