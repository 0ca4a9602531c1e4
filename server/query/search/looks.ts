import type { Verifier } from './verify.ts';

/** Of so many rows looked at so small a part fits that rows are better looked at early, in many blocks at once. */
const fewLookedAt = 32;
const smallPart = 0.25;

/** Rows that are looked at to find the first of a segment in an order, and how many of them fit. */
export class Looks {
  readonly #verifier: Verifier;
  /** By id: whether a row fits that was looked at before its turn. */
  readonly #ahead = new Map<number, boolean>();
  #count = 0;
  #passed = 0;

  constructor(verifier: Verifier) {
    this.#verifier = verifier;
  }

  get count(): number {
    return this.#count;
  }

  get hardlyAnyFits(): boolean {
    return this.#count >= fewLookedAt && this.#passed < smallPart * this.#count;
  }

  /** So many take hardly more time than one, where each look has a way to go; else 1. */
  get atOnce(): number {
    return this.#verifier.rowsAtOnce;
  }

  get areFar(): boolean {
    return this.atOnce > 1;
  }

  /** Whether a row was looked at before its turn. */
  knows(id: number): boolean {
    return this.#ahead.has(id);
  }

  /**
   * Those of the rows that fit. Often a single row has its turn before the next block has one: where to ask for it takes
   * most of the time, those are looked at with it that are to come next, as `soonest` says of so many. The longest running
   * of 2 million tasks with a word that 5 % have took 700 questions.
   */
  async fitting(ids: readonly number[], soonest: (count: number) => number[] = () => []): Promise<ReadonlySet<number>> {
    const fitting = new Set(ids.filter((id) => this.#ahead.get(id)));
    const asked = ids.filter((id) => !this.#ahead.has(id));
    if (asked.length === 0) return fitting;
    const room = Math.max(0, this.atOnce - asked.length);
    const ahead = soonest(room).filter((id) => !this.#ahead.has(id));
    const found = await this.#verifier.fitting([...asked, ...ahead]);
    for (const id of ahead) this.#ahead.set(id, found.has(id));
    this.#count += asked.length + ahead.length;
    this.#passed += found.size;
    for (const id of asked) if (found.has(id)) fitting.add(id);
    return fitting;
  }
}
