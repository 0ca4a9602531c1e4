import { z } from 'zod';
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

/** The year 10000 in epoch seconds. */
const endOfTime = 253_402_300_800;

const accepted = 'epoch seconds, or a date and time such as 2026-11-20T06:00:00Z';
const isoDateTime = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/** Without a zone: the server's; without a time: midnight UTC, as JavaScript and ISO 8601 have it. */
const moment = (name: string) =>
  z.string().transform((text, context): number => {
    const seconds = readMoment(text.trim());
    if (seconds >= 0 && seconds < endOfTime) return seconds;
    context.addIssue({ code: 'custom', message: `Invalid ${name} '${text}': ${accepted} is needed` });
    return z.NEVER;
  });

function readMoment(text: string): number {
  if (/^\d{1,12}(\.\d{1,9})?$/.test(text)) return Number(text);
  // The + of a zone, which nobody encodes, arrives as a space.
  const iso = text.replace(/^(\S+T\S+) (\d{2}:?\d{2})$/, '$1+$2');
  return isoDateTime.test(iso) ? Date.parse(iso) / 1000 : NaN;
}

/** The query string of `GET /api/coverage`. */
export const coverageRequest = z.object({
  /** Without it: 24 hours before `to`. */
  from: moment('from').optional(),
  /** Without it: now. */
  to: moment('to').optional(),
  /** Seconds of a bucket, rounded up to whole minutes; without it, one that gives some 100 buckets. */
  step: z
    .string()
    .regex(/^\d{1,9}$/, {
      error: (issue) => `Invalid step '${String(issue.input)}': a whole number of seconds is needed`,
    })
    .transform(Number)
    .refine((step) => step > 0, 'Invalid step: it must not be 0')
    .optional(),
});
