/** How many per second, over the last ten whole or begun seconds. */
export class Rate {
  readonly #seconds = 10;
  readonly #counts: number[] = new Array<number>(10).fill(0);
  #second = 0;

  add(count: number, atMs: number): void {
    this.#advance(atMs);
    this.#counts[this.#second % this.#seconds]! += count;
  }

  perSecond(atMs: number): number {
    this.#advance(atMs);
    return this.#counts.reduce((sum, count) => sum + count, 0) / this.#seconds;
  }

  #advance(atMs: number): void {
    const second = Math.floor(atMs / 1000);
    const steps = Math.min(Math.max(0, second - this.#second), this.#seconds);
    for (let i = 0; i < steps; i++) this.#counts[(second - i) % this.#seconds] = 0;
    this.#second = Math.max(this.#second, second);
  }
}
