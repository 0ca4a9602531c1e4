import type { SegmentFile } from './segment-file.ts';
import type { Segments } from './segments.ts';

/** A task that is still open after this time is indexed as it is; most have ended by then, and are indexed once. */
const patienceSeconds = 30;
const markEverySeconds = 5;
/** So many waiting tasks a batch, and as many as it has tasks of its own: those that wait can never grow more and more. */
const leastPerBatch = 200;

/**
 * Brings tasks into the text index that do not end, a few with every batch. Which ones are not indexed the segments know
 * themselves, so nothing has to be remembered over a restart; here is only which are old enough, and where to look.
 */
export class IndexBacklog {
  /** When the current segment held which ids, oldest first. */
  #marks: { at: number; newestId: number }[] = [];
  #marked: SegmentFile | undefined;
  /** Sealed segments in which nothing is left. */
  readonly #done = new Set<number>();

  constructor(private readonly segments: Segments) {}

  /** A sealed segment that has to be looked into: one a batch, or a start with a long history would open them all. */
  nextSealed(now: number): SegmentFile | undefined {
    const id = this.segments.sealedBefore(now - patienceSeconds).find((id) => !this.#done.has(id));
    return id === undefined ? undefined : this.segments.open(id);
  }

  /** Adds to the index of `segment` what has waited long enough. Whether it is done with, if the transaction succeeds. */
  index(segment: SegmentFile, tasksInBatch: number, now: number): boolean {
    return !segment.text.addWaiting(this.#dueIn(segment, now), leastPerBatch + tasksInBatch);
  }

  /** After the commit. */
  settle(results: ReadonlyMap<SegmentFile, boolean>, now: number): void {
    const old = new Set(this.segments.sealedBefore(now - patienceSeconds));
    for (const [{ id }, isDone] of results) {
      if (isDone && old.has(id)) this.#done.add(id);
      else this.#done.delete(id);
    }
  }

  #dueIn(segment: SegmentFile, now: number): number {
    if (segment !== this.segments.current) {
      return this.segments.sealedBefore(now - patienceSeconds).includes(segment.id) ? Number.MAX_SAFE_INTEGER : 0;
    }
    this.#mark(segment, now);
    while (this.#marks[1] && this.#marks[1].at <= now - patienceSeconds) this.#marks.shift();
    const [oldest] = this.#marks;
    return oldest && oldest.at <= now - patienceSeconds ? oldest.newestId : 0;
  }

  #mark(segment: SegmentFile, now: number): void {
    if (this.#marked !== segment) this.#marks = [];
    this.#marked = segment;
    const last = this.#marks.at(-1);
    if (last && now >= last.at && now < last.at + markEverySeconds) return;
    // The clock was set back: those wait once more.
    if (last && now < last.at) this.#marks = [];
    this.#marks.push({ at: now, newestId: segment.countTasks() });
  }
}
