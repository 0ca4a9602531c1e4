/**
 * In: a range of time. Out: how much of what the workers did in it we saw, by worker and over time, and the gaps that say
 * why. Adds up what was noted by process and minute when the events were stored; reads no event. One body for both
 * engines. It holds the notes of some hundred workers at a time, and an answer is bounded whatever is asked.
 */
import { maxCoverageBuckets, type CoverageBody, type CoveredBody } from '../contract/coverage.ts';
import type { GapBody } from '../contract/status.ts';
import { toProcessCoverage, type Covered } from '../domain/process-coverage.ts';
import { AppError } from '../errors.ts';
import type { Segment, StoreReader } from '../store/store.ts';
import { readHostnames, readLastNumbers, readSlices, type Minutes, type ProcessSlice } from './coverage-rows.ts';
import { readGaps } from './gaps.ts';
import type { CoverageQuery, CoverageRange } from './queries.ts';

const maxWorkers = 5000;
/** Workers whose notes are read together: 1,000 buckets of each are some 20 MB. */
const workersAtATime = 100;
/** Minutes before the range that are read for what their last heartbeats left unreported. */
const lead = 2;
/** How many segments are searched for the last number that a process told before. */
const searchedSegments = 8;
/** A bucket's length when none is asked for, in minutes: the first that gives at most 120 buckets. */
const steps = [1, 5, 15, 60, 180, 720, 1440, 10_080, 43_200];
const wantedBuckets = 120;

/** What is read, in whole minutes. */
interface Plan extends Minutes {
  step: number;
  buckets: number;
}

export function openCoverageQuery(store: StoreReader, lagMs: () => number): CoverageQuery {
  return async (range) => {
    const plan = toPlan(range);
    const gaps = await readGaps(store, { from: plan.from * 60, to: plan.to * 60 });
    const segments = await store.segments();
    const touched = segments.filter((segment) => mayTouch(segment, plan)).reverse();
    const workers: CoverageBody['workers'] = [];
    const byBucket = Array.from({ length: plan.buckets }, (): Covered => ({ processed: 0, seen: 0 }));
    const hostnames = await findWorkers(touched, plan);
    for (let at = 0; at < hostnames.length; at += workersAtATime) {
      const some = hostnames.slice(at, at + workersAtATime);
      const covered = await coverWorkers({ plan, gaps, touched, older: segments }, some, byBucket);
      for (const hostname of some) workers.push({ hostname, ...toBody(covered.get(hostname)) });
    }
    const overTime = byBucket.map((sums, index) => ({ ...boundsOf(plan, index), ...toBody(sums) }));
    return { from: plan.from * 60, to: plan.to * 60, gaps, lag_ms: lagMs(), workers, over_time: overTime };
  };
}

function toPlan({ from, to, step }: CoverageRange): Plan {
  if (from >= to) throw badRequest('from', `Invalid range: from (${from}) must be before to (${to})`);
  const minutes = { from: Math.floor(from / 60), to: Math.ceil(to / 60) };
  const length = minutes.to - minutes.from;
  const chosen =
    step === undefined
      ? (steps.find((candidate) => length / candidate <= wantedBuckets) ?? Math.ceil(length / wantedBuckets))
      : Math.ceil(step / 60);
  const buckets = Math.ceil(length / chosen);
  if (buckets > maxCoverageBuckets) {
    const least = Math.ceil(length / maxCoverageBuckets) * 60;
    throw badRequest(
      'step',
      `Invalid step '${step}': this range needs at least ${least} s, for ${maxCoverageBuckets} buckets at most`,
    );
  }
  return { ...minutes, step: chosen, buckets };
}

function badRequest(path: string, message: string): AppError {
  return new AppError('bad_request', message, [{ path, message }]);
}

/** An hour more than the range, for a worker's clock that is behind. */
function mayTouch(segment: Segment, { from }: Plan): boolean {
  const earliest = from * 60 - 3600;
  if (segment.sealedAt === null || segment.sealedAt >= earliest) return true;
  return segment.newestTimestamp === null || segment.newestTimestamp >= earliest;
}

async function findWorkers(segments: Segment[], plan: Plan): Promise<string[]> {
  const all = new Set<string>();
  for (const { db } of segments) for (const hostname of await readHostnames(db, plan, maxWorkers)) all.add(hostname);
  return [...all].sort().slice(0, maxWorkers);
}

interface Sources {
  plan: Plan;
  gaps: GapBody[];
  /** Oldest first. */
  touched: Segment[];
  /** All there are, newest first. */
  older: Segment[];
}

/** By host name; adds to `byBucket` as well. */
async function coverWorkers(
  { plan, gaps, touched, older }: Sources,
  hostnames: string[],
  byBucket: Covered[],
): Promise<Map<string, Covered>> {
  const processes = new Map<string, Process>();
  for (const { db } of touched) collect(processes, await readSlices(db, hostnames, plan, plan.step, lead));
  await findNumbersBefore(processes, older, hostnames, plan.from - lead);
  const covered = new Map<string, Covered>();
  const isAfterGap = (minute: number): boolean => gaps.some((gap) => endsBefore(gap, minute));
  for (const { hostname, segments, before } of processes.values()) {
    for (const [bucket, sums] of toProcessCoverage(segments, { before, isAfterGap })) {
      add(byBucket[bucket]!, sums);
      let worker = covered.get(hostname);
      if (!worker) covered.set(hostname, (worker = { processed: 0, seen: 0 }));
      add(worker, sums);
    }
  }
  return covered;
}

interface Process {
  hostname: string;
  segments: ProcessSlice[][];
  before: number | null;
}

const keyOf = ({ hostname, pid }: { hostname: string; pid: number }): string => `${pid} ${hostname}`;

/** Adds one segment's slices. */
function collect(processes: Map<string, Process>, slices: ProcessSlice[]): void {
  let last: string | null = null;
  for (const slice of slices) {
    const key = keyOf(slice);
    let process = processes.get(key);
    if (!process) processes.set(key, (process = { hostname: slice.hostname, segments: [], before: null }));
    if (key !== last) process.segments.push([]);
    process.segments.at(-1)!.push(slice);
    last = key;
  }
}

async function findNumbersBefore(
  processes: Map<string, Process>,
  segments: Segment[],
  hostnames: string[],
  minute: number,
): Promise<void> {
  const missing = new Set(processes.keys());
  for (const { db } of segments.slice(0, searchedSegments)) {
    if (missing.size === 0) return;
    // In order of time: of a process that several partitions know, the newest number stays.
    const found = (await readLastNumbers(db, hostnames, minute)).filter((number) => missing.has(keyOf(number)));
    for (const number of found) {
      const key = keyOf(number);
      processes.get(key)!.before = number.processed;
      missing.delete(key);
    }
  }
}

/** A worker is heard every few seconds: one that is first heard within a minute of a gap's end came up in the gap. */
function endsBefore({ from, to }: GapBody, minute: number): boolean {
  return from < (minute + 1) * 60 && (to === null || to >= (minute - 1) * 60);
}

function add(sums: Covered, { processed, seen }: Covered): void {
  sums.processed += processed;
  sums.seen += seen;
}

function boundsOf({ from, to, step }: Plan, index: number): { from: number; to: number } {
  return { from: (from + index * step) * 60, to: Math.min(from + (index + 1) * step, to) * 60 };
}

function toBody({ processed, seen }: Covered = { processed: 0, seen: 0 }): CoveredBody {
  return { processed, seen, ratio: processed === 0 ? null : seen / processed };
}

/** Of several workers together; null when they processed nothing. */
export function toRatio(workers: readonly CoveredBody[]): number | null {
  const sum = (of: 'processed' | 'seen'): number => workers.reduce((total, worker) => total + worker[of], 0);
  return sum('processed') === 0 ? null : sum('seen') / sum('processed');
}
