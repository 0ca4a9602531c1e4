/**
 * Work that many may ask for at once. Who comes while a round is under way waits for the next one, which began after they
 * came, and which all of them share: however many ask, two rounds of one kind are the most there are.
 */
export class Rounds {
  readonly #running = new Map<string, Promise<void>>();
  readonly #next = new Map<string, Promise<void>>();

  /** `kind`: which work it is; `work` of one kind does the same, whoever brings it. */
  join(kind: string, work: () => Promise<void>): Promise<void> {
    const running = this.#running.get(kind);
    if (running === undefined) return this.#run(kind, work);
    const waiting = this.#next.get(kind);
    if (waiting !== undefined) return waiting;
    const next = running
      .catch(() => undefined)
      .then(() => {
        this.#next.delete(kind);
        return this.#run(kind, work);
      });
    this.#next.set(kind, next);
    return next;
  }

  #run(kind: string, work: () => Promise<void>): Promise<void> {
    const round = work().finally(() => {
      if (this.#running.get(kind) === round) this.#running.delete(kind);
    });
    this.#running.set(kind, round);
    return round;
  }
}
