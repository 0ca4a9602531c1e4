import type { RunQuery } from './postgres-columns.ts';

interface SegmentRange {
  id: number;
  /** All its tasks' ids are from this one on. */
  firstTask: number;
}

/** Without those that have no task yet. */
const readFirst = `SELECT id, "firstTask" FROM (
    SELECT id, (SELECT min(tasks.id) FROM tasks WHERE segment_id = segments.id) AS "firstTask"
    FROM segments WHERE id <> ALL($1::int8[])
  ) AS unknown WHERE "firstTask" IS NOT NULL`;

/**
 * A condition that spares Postgres all partitions but some; its parameter: the segments left out. Said the other way round, it
 * would be one that an index can be asked for, which of a partition without statistics looks like the best of all.
 */
export const notIn = (parameter: string): string => `segment_id <> ALL(${parameter}::int8[])`;

/**
 * Which ids of tasks are in which partitions. Tasks are added to the newest segment only, one batch at a time: so their ids
 * count on from segment to segment, and where each begins never changes. With it 250 rows are read in 1 ms instead of 3.
 */
export class SegmentRanges {
  /** Newest first. */
  #ranges: SegmentRange[] = [];

  constructor(private readonly query: RunQuery) {}

  /** Looks for segments that are new; those that are gone do no harm. */
  async refresh(): Promise<void> {
    const added = await this.query<SegmentRange>(readFirst, [this.#ranges.map(({ id }) => id)]);
    if (added.length === 0) return;
    // Another question may have asked for the same at the same time.
    const byId = new Map([...this.#ranges, ...added].map((range) => [range.id, range]));
    this.#ranges = [...byId.values()].sort((a, b) => b.id - a.id);
  }

  /** When the server may be another one. */
  forget(): void {
    this.#ranges = [];
  }

  /** Segments in which none of these tasks is. */
  async without(ids: readonly number[]): Promise<number[]> {
    if (this.#ranges.length === 0) await this.refresh();
    let [least, greatest] = [Infinity, -Infinity];
    for (const id of ids) {
      if (id < least) least = id;
      if (id > greatest) greatest = id;
    }
    return this.#outside(this.#indexOf(greatest), this.#indexOf(least));
  }

  /**
   * So many segments that may have tasks below `below`, the newest of them: which are the others, and from which id on
   * there is no task in those.
   */
  newestBelow(below: number, segments: number): { others: number[]; from: number } {
    const newest = this.#indexOf(below - 1);
    const oldest = newest + segments - 1;
    const isLast = oldest >= this.#ranges.length - 1;
    return { others: this.#outside(newest, oldest), from: isLast ? -Infinity : this.#ranges[oldest]!.firstTask };
  }

  /** Of the newest segment in which such an id may be; beyond the last: in none that is known. */
  #indexOf(id: number): number {
    const at = this.#ranges.findIndex(({ firstTask }) => firstTask <= id);
    return at === -1 ? this.#ranges.length : at;
  }

  #outside(newest: number, oldest: number): number[] {
    return this.#ranges.filter((_, at) => at < newest || at > oldest).map(({ id }) => id);
  }
}
