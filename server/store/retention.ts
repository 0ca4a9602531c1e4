/**
 * Which parts of history go.
 *
 * In: the segments there are, and limits. Out: steps, each about one whole segment: to drop one is to unlink a file, or to
 * drop a partition (a million tasks in 0.1 to 0.2 s, whatever they hold), where deleting rows beside the text index runs at
 * 3,400 rows/s and holds up what comes in. What is to be left of a segment is written anew, and takes its place.
 * It never touches the segment that new tasks go to, and it deletes nothing itself: each engine's {@link PrunableStore} does.
 */

import type { Task } from '../domain/task.ts';

/** Seconds and bytes; null: without limit. */
export interface RetentionLimits {
  /** How long tasks are kept, from when their segment was sealed. */
  readonly tasks: number | null;
  /** How long those that failed are; null: as the others. */
  readonly failures: number | null;
  /** How long events are; null: as their tasks. */
  readonly events: number | null;
  readonly maxBytes: number | null;
  /** How long the lengths of queues are kept, which do not depend on tasks; a week unless told. */
  readonly metrics?: number;
}

export const keepAll: RetentionLimits = { tasks: null, failures: null, events: null, maxBytes: null };

export function limitsNothing({ tasks, events, maxBytes }: RetentionLimits): boolean {
  return tasks === null && events === null && maxBytes === null;
}

export interface StoredSegment {
  readonly id: number;
  /** Epoch seconds. */
  readonly createdAt: number;
  /** null: new tasks go to it. */
  readonly sealedAt: number | null;
  readonly tasks: number;
  readonly bytes: number;
  readonly onlyFailures: boolean;
  readonly noEvents: boolean;
}

/** What is in a segment of which a part may go. */
export interface SegmentMeasure {
  failures: number;
  events: number;
  /** What the events take. */
  eventBytes: number;
}

/** What is to become of one segment. */
export interface RetentionStep {
  readonly segment: StoredSegment;
  readonly action: 'drop' | 'reduce';
  /** Of a reduced one: what is left of it. */
  readonly onlyFailures: boolean;
  readonly noEvents: boolean;
  readonly why: 'age' | 'size';
}

/** Steps, oldest segment first. `segments`: in any order; `failed`: ids of those with which it was tried in vain. */
export function planRetention(
  segments: readonly StoredSegment[],
  limits: RetentionLimits,
  now: number,
  failed: ReadonlySet<number> = new Set(),
): RetentionStep[] {
  const tried = segments.filter(({ id }) => !failed.has(id));
  const byAge = tried.flatMap((segment) => planByAge(segment, limits, now) ?? []);
  return [...byAge, ...planBySize(tried, limits, byAge)].sort((a, b) => a.segment.id - b.segment.id);
}

function planByAge(segment: StoredSegment, limits: RetentionLimits, now: number): RetentionStep | undefined {
  if (segment.sealedAt === null) return undefined;
  const age = now - segment.sealedAt;
  const isPast = (limit: number | null): boolean => limit !== null && age > limit;
  if (isPast(limits.tasks) && (limits.failures === null || isPast(limits.failures))) {
    return { segment, action: 'drop', onlyFailures: false, noEvents: false, why: 'age' };
  }
  const onlyFailures = segment.onlyFailures || isPast(limits.tasks);
  const noEvents = segment.noEvents || isPast(limits.events);
  if (onlyFailures === segment.onlyFailures && noEvents === segment.noEvents) return undefined;
  return { segment, action: 'reduce', onlyFailures, noEvents, why: 'age' };
}

/**
 * The oldest first, until the rest fits. What reducing segments gives back is not known before it is done; so it counts
 * for nothing here, and segments are dropped only when it has been done: see {@link prune}.
 */
function planBySize(
  segments: readonly StoredSegment[],
  { maxBytes }: RetentionLimits,
  byAge: readonly RetentionStep[],
): RetentionStep[] {
  if (maxBytes === null || byAge.some(({ action }) => action === 'reduce')) return [];
  const dropped = new Set(byAge.map(({ segment }) => segment.id));
  const left = segments.filter(({ id }) => !dropped.has(id)).sort((a, b) => a.id - b.id);
  let bytes = left.reduce((sum, segment) => sum + segment.bytes, 0);
  const steps: RetentionStep[] = [];
  for (const segment of left) {
    if (bytes <= maxBytes) break;
    if (segment.sealedAt === null) continue;
    bytes -= segment.bytes;
    steps.push({ segment, action: 'drop', onlyFailures: false, noEvents: false, why: 'size' });
  }
  return steps;
}

/**
 * Segments are what goes as a whole: with ones of a day, an hour's retention would keep a day. So none is longer than a
 * tenth of what is kept; and none takes more than a tenth of the bytes allowed, at 1 kB a task.
 */
export function boundSegments(
  { tasks, seconds }: { tasks: number; seconds: number },
  limits: RetentionLimits,
): { tasks: number; seconds: number } {
  const ages = [limits.tasks, limits.events].filter((age) => age !== null);
  return {
    seconds: Math.min(seconds, ...ages.map((age) => Math.max(60, age / 10))),
    tasks: limits.maxBytes === null ? tasks : Math.min(tasks, Math.max(1000, Math.floor(limits.maxBytes / 10_000))),
  };
}

/**
 * Is all that is said of a task older than what is kept? Then it comes late, its task was dropped, and half of a task must
 * not rise from the dead.
 */
export function isPastKeeping({ state, timestamp }: Task, limits: RetentionLimits, now: number): boolean {
  const limit = state === failure ? (limits.failures ?? limits.tasks) : limits.tasks;
  return limit !== null && timestamp < now - limit;
}

/** The state of the tasks that may be kept longer than others. */
export const failure = 'FAILURE';

/** What an engine can do with its segments. */
export interface PrunableStore {
  segments(): Promise<StoredSegment[]>;
  /** Atomic to readers and over a crash. */
  drop(segment: StoredSegment): Promise<void>;
  /** As `drop`. @returns false: the segment changed meanwhile, and is as it was. */
  reduce(step: RetentionStep): Promise<boolean>;
  /** Removes gaps, rejected messages and workers of before the oldest segment. */
  forgetBefore(time: number): Promise<void>;
}

/** What a run did. */
export interface Pruned {
  segments: number;
  reduced: number;
  tasks: number;
  bytes: number;
  tookMs: number;
  /** Why not all of it could be done. */
  error: string | null;
}

/**
 * Does what the limits ask for. It ends between two steps when `signal` is aborted, with what was done.
 * One step that fails does not keep the others from being done.
 */
export async function prune(
  store: PrunableStore,
  limits: RetentionLimits,
  now: () => number,
  signal?: AbortSignal,
): Promise<Pruned> {
  const startedMs = performance.now();
  const pruned: Pruned = { segments: 0, reduced: 0, tasks: 0, bytes: 0, tookMs: 0, error: null };
  const before = await store.segments();
  const failed = new Set<number>();
  const next = async (): Promise<RetentionStep[]> => planRetention(await store.segments(), limits, now(), failed);
  // Twice at most: segments go for want of room only once all others that can be made smaller are.
  for (let steps = await next(), round = 0; steps.length > 0 && round < 2; steps = await next(), round++) {
    for (const step of steps) {
      if (signal?.aborted) break;
      const error = await take(store, step);
      if (error === null) pruned[step.action === 'drop' ? 'segments' : 'reduced']++;
      else failed.add(step.segment.id);
      pruned.error ??= error;
    }
  }
  const after = await store.segments();
  pruned.tasks = Math.max(0, sumOf(before, after, 'tasks'));
  pruned.bytes = Math.max(0, sumOf(before, after, 'bytes'));
  // Only with what went: a gap may be older than all that is stored, after a clock that was slow too.
  if (pruned.segments > 0 && after.length > 0)
    await store.forgetBefore(Math.min(...after.map(({ createdAt }) => createdAt)));
  pruned.tookMs = performance.now() - startedMs;
  return pruned;
}

async function take(store: PrunableStore, step: RetentionStep): Promise<string | null> {
  try {
    if (step.action === 'drop') await store.drop(step.segment);
    else if (!(await store.reduce(step))) return `segment ${step.segment.id} is being written to`;
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Of the segments that were there before: what comes in meanwhile is not of interest. */
function sumOf(before: readonly StoredSegment[], after: readonly StoredSegment[], what: 'tasks' | 'bytes'): number {
  const left = new Map(after.map((segment) => [segment.id, segment[what]]));
  return before
    .filter(({ sealedAt }) => sealedAt !== null)
    .reduce((sum, segment) => sum + segment[what] - (left.get(segment.id) ?? 0), 0);
}
