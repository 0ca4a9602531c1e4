import { IdAges, patienceSeconds } from '../id-ages.ts';
import type { SegmentFile } from './segment-file.ts';
import type { Segments } from './segments.ts';

/** So many waiting tasks a batch, and as many as it has tasks of its own: those that wait can never grow more and more. */
const leastPerBatch = 200;

/** So many blocks of columns a batch: some 30 ms. */
const blocksPerBatch = 4;

/**
 * Brings tasks into the text index that do not end, and into columns those that an older program stored, a few with every
 * batch. Which ones are not there the segments know themselves, so nothing has to be remembered over a restart; here is
 * only which are old enough, and where to look.
 */
export class IndexBacklog {
  /** Of the current segment. */
  #ages = new IdAges();
  #aging: SegmentFile | undefined;
  /** Sealed segments in which nothing is left. */
  readonly #done = new Set<number>();

  constructor(private readonly segments: Segments) {}

  /** A sealed segment that has to be looked into: one a batch, or a start with a long history would open them all. */
  nextSealed(now: number): SegmentFile | undefined {
    const id = this.segments.sealedBefore(now - patienceSeconds).find((id) => !this.#done.has(id));
    return id === undefined ? undefined : this.segments.open(id);
  }

  /** Adds to the indexes of `segment` what has waited long enough. Whether it is done with, if the transaction succeeds. */
  index(segment: SegmentFile, tasksInBatch: number, now: number): boolean {
    const isTextLeft = segment.text.addWaiting(this.#oldUpTo(segment, now), leastPerBatch + tasksInBatch);
    return !segment.columns.fill(blocksPerBatch) && !isTextLeft;
  }

  /** After the commit. */
  settle(results: ReadonlyMap<SegmentFile, boolean>, now: number): void {
    const sealed = new Set(this.segments.sealedBefore(now - patienceSeconds));
    for (const [{ id }, isDone] of results) {
      if (isDone && sealed.has(id)) this.#done.add(id);
      else this.#done.delete(id);
    }
  }

  #oldUpTo(segment: SegmentFile, now: number): number {
    if (segment !== this.segments.current) {
      return this.segments.sealedBefore(now - patienceSeconds).includes(segment.id) ? Number.MAX_SAFE_INTEGER : 0;
    }
    if (this.#aging !== segment) this.#ages = new IdAges();
    this.#aging = segment;
    this.#ages.note(segment.countTasks(), now);
    return this.#ages.oldUpTo(now);
  }
}
