/**
 * In: what was noted of one process of a worker (see coverage.ts). Out: how many tasks it began, by its own word, and
 * how many of these we saw. Two things make it more than a subtraction: we may not have watched the process from its
 * start, and a worker tells after the fact what it began since its last heartbeat. Pure, as the whole room.
 */

/** A process's notes in one stretch of time, as one segment of history has them. */
export interface CoverageSlice {
  /** Stretches count up from 0; -1 is what came right before the range. */
  bucket: number;
  /** Tasks that we saw begin. */
  started: number;
  /** By how much `processed` grew between the numbers noted in this segment. */
  grown: number;
  /** How many minutes have a number. */
  told: number;
  /** The first number of this segment, when it is in this slice… */
  first: { processed: number; minute: number; startedByThen: number } | null;
  /** …and the last one. */
  last: number | null;
}

export interface Covered {
  processed: number;
  seen: number;
}

/** What is known of a process besides its slices. */
export interface ProcessHistory {
  /** The last number it told before the slices; null: it was never heard before. */
  before: number | null;
  /** Whether a gap ended right before this minute (epoch seconds / 60), so that the process may have begun unseen. */
  isAfterGap: (minute: number) => boolean;
}

/**
 * By bucket, from 0 up. `segments`: the slices of each segment, oldest first, each in order of their buckets.
 * A process without a number in all of them is not in the answer: it cannot be said what it began.
 */
export function toProcessCoverage(segments: readonly CoverageSlice[][], history: ProcessHistory): Map<number, Covered> {
  const buckets = addUpSlices(segments, history);
  const covered = new Map<number, Covered>();
  // What we saw begin and no heartbeat has reported yet: it is in the next number, which may be the next bucket's.
  let unreported = 0;
  for (const bucket of [...buckets.keys()].sort((a, b) => a - b)) {
    const { started, processed, told } = buckets.get(bucket)!;
    const seen = Math.min(processed, started + unreported);
    unreported += started - seen;
    // Once it told a number, only what it began in the same bucket can be unreported still.
    if (told > 0) unreported = Math.min(unreported, started);
    if (bucket >= 0 && (told > 0 || processed > 0)) covered.set(bucket, { processed, seen });
  }
  return covered;
}

interface BucketSums {
  started: number;
  processed: number;
  told: number;
}

function addUpSlices(segments: readonly CoverageSlice[][], history: ProcessHistory): Map<number, BucketSums> {
  const buckets = new Map<number, BucketSums>();
  let last = history.before;
  let started = 0;
  for (const slices of segments) {
    const startedBefore = started;
    for (const slice of slices) {
      const sums = buckets.get(slice.bucket) ?? { started: 0, processed: 0, told: 0 };
      buckets.set(slice.bucket, sums);
      sums.started += slice.started;
      sums.processed += slice.grown;
      sums.told += slice.told;
      if (slice.first !== null) sums.processed += toGrowth(last, slice.first, startedBefore, history);
      last = slice.last ?? last;
      started += slice.started;
    }
  }
  return buckets;
}

function toGrowth(
  last: number | null,
  first: NonNullable<CoverageSlice['first']>,
  startedBefore: number,
  { isAfterGap }: ProcessHistory,
): number {
  // A number that went down is that of a new process with the old one's pid, as in containers: it began at 0.
  if (last !== null) return first.processed >= last ? first.processed - last : first.processed;
  // Had it been there before the gap, we would have heard it: all that it began it began unseen.
  if (isAfterGap(first.minute)) return first.processed;
  // It ran before we began to watch: what it began until then is not for us to have seen.
  return Math.min(first.processed, startedBefore + first.startedByThen);
}
