import { z } from 'zod';
import { moment, seconds } from './parameters.ts';
import type { GapBody } from './status.ts';

/** Of the tasks that workers say to have begun, how many we saw begin. */
export interface CoveredBody {
  /** As the workers' heartbeats say. Of a process that ran before we first heard of it, only what came after. */
  processed: number;
  /** At most `processed`. */
  seen: number;
  /** `seen` / `processed`; null when nothing was processed. */
  ratio: number | null;
}

/** All processes that had this host name, together. */
export interface WorkerCoverageBody extends CoveredBody {
  hostname: string;
}

/** A stretch of time, epoch seconds. What was missed shows in the one in which the worker told its next number. */
export interface CoverageBucketBody extends CoveredBody {
  from: number;
  to: number;
}

/** `GET /api/coverage` */
export interface CoverageBody {
  /** What was asked for, widened to whole minutes; epoch seconds. */
  from: number;
  to: number;
  /** Newest first, at most 1,000: the ones that touch the range. */
  gaps: GapBody[];
  /** Age of the oldest event that is received and not yet stored; of the last commit when there is none. */
  lag_ms: number;
  /** By host name, at most 5,000: the ones that were heard in the range. */
  workers: WorkerCoverageBody[];
  /** The whole range without a hole, of the workers above; the last bucket may be shorter. */
  over_time: CoverageBucketBody[];
}

export const maxCoverageBuckets = 1000;

/** The query string of `GET /api/coverage`. */
export const coverageRequest = z.object({
  /** Without it: 24 hours before `to`. */
  from: moment('from').optional(),
  /** Without it: now. */
  to: moment('to').optional(),
  /** Seconds of a bucket, rounded up to whole minutes; without it, one that gives some 100 buckets. */
  step: seconds('step').optional(),
});
