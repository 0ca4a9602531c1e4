/** What was handed to the writer and is not committed yet, of one broker: how much, and since when. */
export class Backlog {
  readonly #parcels: { lastTag: number; count: number; bytes: number; oldestMs: number }[] = [];
  #count = 0;
  #bytes = 0;

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** When the oldest of them came in, epoch milliseconds; null: there is none. */
  get oldestMs(): number | null {
    return this.#parcels[0]?.oldestMs ?? null;
  }

  add(parcel: { lastTag: number; count: number; bytes: number; oldestMs: number }): void {
    this.#parcels.push(parcel);
    this.#count += parcel.count;
    this.#bytes += parcel.bytes;
  }

  /** Everything up to `tag` is committed. Commits are of whole parcels, in order. */
  release(tag: number): void {
    let done = 0;
    for (const parcel of this.#parcels) {
      if (parcel.lastTag > tag) break;
      this.#count -= parcel.count;
      this.#bytes -= parcel.bytes;
      done++;
    }
    this.#parcels.splice(0, done);
  }
}
