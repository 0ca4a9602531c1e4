/** A task that is still open after this time is indexed as it is; most have ended by then, and are indexed only once. */
export const patienceSeconds = 30;
const markEverySeconds = 5;

/** Ids count up, so that a few marks tell which tasks have been there for {@link patienceSeconds}. */
export class IdAges {
  /** Oldest first. */
  readonly #marks: { at: number; newestId: number }[] = [];

  note(newestId: number, now: number): void {
    const last = this.#marks.at(-1);
    if (last && now >= last.at && now < last.at + markEverySeconds) return;
    // The clock was set back: what waits, waits once more.
    if (last && now < last.at) this.#marks.length = 0;
    this.#marks.push({ at: now, newestId });
  }

  /** All ids up to this one have been there long enough. */
  oldUpTo(now: number): number {
    const isOld = ({ at }: { at: number }) => at <= now - patienceSeconds;
    while (this.#marks[1] && isOld(this.#marks[1])) this.#marks.shift();
    const [oldest] = this.#marks;
    return oldest && isOld(oldest) ? oldest.newestId : 0;
  }
}
