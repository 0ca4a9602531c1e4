import { maxHistogramBuckets, type HistogramRequest } from '../contract/search.ts';
import { AppError } from '../errors.ts';
import type { Condition } from '../language/query.ts';
import { boundsOf } from './time-range.ts';

/** Epoch seconds and seconds; whole steps since the epoch, so that the buckets of one answer are those of the next. */
export interface HistogramRange {
  from: number;
  to: number;
  step: number;
}

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** Lengths of a bucket that a person can read off an axis. */
const steps = [
  ...[1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * minute),
  ...[1, 2, 3, 6, 12].map((n) => n * hour),
  ...[1, 2, 7, 14, 28].map((n) => n * day),
];
const wantedBuckets = 120;

/** A history of a moment is still drawn as one. */
const leastLength = minute;

/**
 * The range of a histogram: as asked for, else the time in which the query wants tasks received, else from the oldest task
 * on. `now` and `begin`, when that was: epoch seconds. @throws {AppError} `bad_request` for a range that is none, or has too many buckets.
 */
export function toHistogramRange(
  asked: HistogramRequest,
  where: Condition | null,
  now: number,
  begin: number | null,
): HistogramRange {
  if (asked.from !== undefined && asked.to !== undefined && asked.from >= asked.to) {
    throw refuse('from', `Invalid range: from (${asked.from}) must be before to (${asked.to})`);
  }
  const own = boundsOf(where, 'received');
  const to = asked.to ?? own.to ?? Math.max(now, (asked.from ?? own.from ?? 0) + 1);
  const from = Math.max(0, asked.from ?? own.from ?? Math.min(begin ?? to - day, to - leastLength));
  // Bounds that leave nothing between them still make one bucket, an empty one.
  const length = Math.max(1, to - from);
  const step = asked.step ?? chooseStep(length);
  const start = Math.floor(from / step) * step;
  const buckets = Math.ceil((from + length - start) / step);
  if (buckets > maxHistogramBuckets) {
    const least = Math.ceil(length / (maxHistogramBuckets - 1));
    const most = `${maxHistogramBuckets} buckets at most`;
    throw refuse('step', `Invalid step '${step}': this range needs at least ${least} s, for ${most}`);
  }
  return { from: start, to: start + buckets * step, step };
}

function chooseStep(length: number): number {
  return (
    steps.find((step) => length / step <= wantedBuckets) ?? Math.ceil(length / wantedBuckets / (28 * day)) * 28 * day
  );
}

function refuse(path: string, message: string): AppError {
  return new AppError('bad_request', message, [{ path, message }]);
}
