import type { Gap, Snapshot } from './gaps.ts';

/** Where gaps, and up to when all was seen, are kept. */
export interface SeenStore {
  saveSnapshot(snapshot: Snapshot): Promise<void>;
  /** Adds a gap, or closes the open one of the same broker and `from`. */
  saveGap(gap: Gap): Promise<void>;
}

/** Says in the store up to when all was seen, of what is committed; and what was not seen. */
export class SeenMarks {
  readonly #store: SeenStore;
  readonly #everyMs: number;
  readonly #retrying: (operation: () => Promise<void>) => Promise<void>;
  #seenUntil: Record<string, number>;
  /** By a clock that nobody sets. */
  #lastSnapshotMs = -Infinity;

  constructor(
    store: SeenStore,
    seenUntil: Record<string, number>,
    everyMs: number,
    retrying: (operation: () => Promise<void>) => Promise<void>,
  ) {
    this.#store = store;
    this.#seenUntil = seenUntil;
    this.#everyMs = everyMs;
    this.#retrying = retrying;
  }

  /**
   * Saves gaps and, when it is due, the snapshot. While a gap is open the snapshot must hold its beginning, or a crash
   * would leave it open for ever: so the gaps that end are saved before the snapshot moves on, those that begin after.
   */
  async save(seenUntil: Record<string, number>, gaps: Gap[], atOnce: boolean): Promise<void> {
    this.#seenUntil = seenUntil;
    const latest = new Map(gaps.map((gap) => [`${gap.broker}\n${gap.from}`, gap]));
    const ended = [...latest.values()].filter((gap) => gap.to !== null);
    const begun = [...latest.values()].filter((gap) => gap.to === null);
    const isDue = atOnce || performance.now() - this.#lastSnapshotMs >= this.#everyMs;
    for (const gap of ended) await this.#retrying(() => this.#store.saveGap(gap));
    if (isDue || gaps.length > 0) await this.saveSnapshot(false);
    for (const gap of begun) await this.#retrying(() => this.#store.saveGap(gap));
  }

  async saveSnapshot(clean: boolean): Promise<void> {
    const marks = Object.entries(this.#seenUntil).map(([url, seenUntil]) => [url, { seenUntil, clean }] as const);
    const snapshot: Snapshot = Object.fromEntries(marks);
    await this.#retrying(() => this.#store.saveSnapshot(snapshot));
    this.#lastSnapshotMs = performance.now();
  }
}
