import { isBefore, type Place } from './order.ts';

/** Rows that wait for their turn, the first in order on top. Three numbers a row, in arrays: a million may wait. */
export class PlaceHeap {
  readonly #ranks: number[] = [];
  readonly #ties: number[] = [];
  readonly #fits: number[] = [];

  get size(): number {
    return this.#ranks.length;
  }

  top(): Place {
    return { rank: this.#ranks[0]!, tie: this.#ties[0]! };
  }

  isTopBefore(place: Place): boolean {
    return isBefore(this.top(), place);
  }

  /** About the first so many, in no order. */
  someFirst(count: number): (Place & { fit: number })[] {
    const ranks = this.#ranks.slice(0, count);
    return ranks.map((rank, at) => ({ rank, tie: this.#ties[at]!, fit: this.#fits[at]! }));
  }

  push(rank: number, tie: number, fit: number): void {
    let at = this.#ranks.push(rank) - 1;
    this.#ties.push(tie);
    this.#fits.push(fit);
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (!this.#isBefore(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  pop(): Place & { fit: number } {
    const first = { ...this.top(), fit: this.#fits[0]! };
    const last = this.#ranks.length - 1;
    this.#swap(0, last);
    this.#ranks.pop();
    this.#ties.pop();
    this.#fits.pop();
    for (let at = 0; ;) {
      let least = at;
      const left = 2 * at + 1;
      if (left < last && this.#isBefore(left, least)) least = left;
      if (left + 1 < last && this.#isBefore(left + 1, least)) least = left + 1;
      if (least === at) return first;
      this.#swap(at, least);
      at = least;
    }
  }

  /**
   * Drops rows behind the first so many that are known to fit.
   * @returns the last of those that are left; null: none was dropped
   */
  dropBehind(sureRows: number): Place | null {
    const kept: (Place & { fit: number })[] = [];
    for (let sure = 0; this.size > 0 && sure < sureRows;) {
      const row = this.pop();
      if (row.fit === 2) sure++;
      kept.push(row);
    }
    const isLess = this.size > 0;
    this.clear();
    for (const { rank, tie, fit } of kept) this.push(rank, tie, fit);
    const { rank, tie } = kept.at(-1)!;
    return isLess ? { rank, tie } : null;
  }

  clear(): void {
    this.#ranks.length = this.#ties.length = this.#fits.length = 0;
  }

  #isBefore(a: number, b: number): boolean {
    const ranks = this.#ranks;
    return ranks[a]! < ranks[b]! || (ranks[a] === ranks[b] && this.#ties[a]! < this.#ties[b]!);
  }

  #swap(a: number, b: number): void {
    swap(this.#ranks, a, b);
    swap(this.#ties, a, b);
    swap(this.#fits, a, b);
  }
}

function swap(values: number[], a: number, b: number): void {
  const value = values[a]!;
  values[a] = values[b]!;
  values[b] = value;
}
