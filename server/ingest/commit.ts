import { isPoison, type Batch, type BatchSink, type Committed, type Reject } from './batch.ts';
import { toBatch, toRejectedEvent, type Batcher, type Entry } from './batcher.ts';

/**
 * In: a batch, and a store that may be down. Out: the batch is on disk, or we were told to give up. A failing store is
 * asked again for ever; a row that no store would take is found by halving, and becomes a Reject.
 */

/** How to go on asking a store that fails. */
export interface RetryOptions {
  /** First pause and longest one; doubled each time. */
  minPauseMs: number;
  maxPauseMs: number;
  /** Aborted: give up. */
  signal: AbortSignal;
  /** Why it does not work now; null when it works again. */
  onTrouble(reason: string | null): void;
}

const patienceMs = 10_000;

/** Runs `operation` until it succeeds, or fails because of what it was given. Rejects with the last error when aborted. */
export async function retrying<T>(operation: () => Promise<T>, options: RetryOptions): Promise<T> {
  let pauseMs = options.minPauseMs;
  for (;;) {
    try {
      const result = await watched(operation, options);
      options.onTrouble(null);
      return result;
    } catch (error) {
      if (isPoison(error) || options.signal.aborted) throw error;
      options.onTrouble(error instanceof Error ? error.message : String(error));
      await pause(pauseMs, options.signal);
      if (options.signal.aborted) throw error;
      pauseMs = Math.min(pauseMs * 2, options.maxPauseMs);
    }
  }
}

/** A store may wait for somebody's lock, or for an answer that never comes: that is trouble before it is an error. */
async function watched<T>(operation: () => Promise<T>, options: RetryOptions): Promise<T> {
  const said = `The store has not answered for ${patienceMs / 1000} s.`;
  const impatience = setTimeout(() => options.onTrouble(said), patienceMs);
  try {
    return await operation();
  } finally {
    clearTimeout(impatience);
  }
}

/** Cut short by `signal`. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}

export interface CommitOutcome {
  committed: Committed;
  /** Events that were put aside because the store would never take them. */
  refusals: readonly Reject[];
}

/** So many events may all be bad by chance. */
const fewRefusals = 8;

/** Commits what `batcher` holds. Rejects, with nothing put aside, when the store refuses every single event of many. */
export async function commitBatch(sink: BatchSink, batcher: Batcher, options: RetryOptions): Promise<CommitOutcome> {
  const write = (batch: Batch) => retrying(() => sink.write(batch), options);
  let refusal: unknown;
  try {
    return { committed: await write(batcher.batch), refusals: [] };
  } catch (error) {
    if (!isPoison(error)) throw error;
    refusal = error;
  }
  const outcomes: Committed[] = [];
  const refusals: Reject[] = [];
  await commitHalves(batcher.entries, batcher.batch.rejects, write, outcomes, refusals);
  // A row here and there may be bad. All of them are only when we are: then nothing is to be put aside for good.
  if (refusals.length === batcher.events.length && refusals.length > fewRefusals) throw refusal;
  // Refusals are plain text made storable; should even that fail, they are counted and no more.
  if (refusals.length > 0) await write(toBatch([], refusals)).catch(rethrowUnlessPoison);
  return { committed: joinCommitted(outcomes), refusals };
}

async function commitHalves(
  entries: Entry[],
  rejects: Reject[],
  write: (batch: Batch) => Promise<Committed>,
  outcomes: Committed[],
  refusals: Reject[],
): Promise<void> {
  if (entries.length === 0 && rejects.length === 0) return;
  try {
    outcomes.push(await write(toBatch(entries, rejects)));
    return;
  } catch (error) {
    if (!isPoison(error)) throw error;
    if (entries.length === 1 && rejects.length === 0) {
      refusals.push(toRejectedEvent(entries[0]!, error));
      return;
    }
    if (entries.length === 0) return;
  }
  const half = Math.ceil(entries.length / 2);
  await commitHalves(entries.slice(0, half), [], write, outcomes, refusals);
  await commitHalves(entries.slice(half), [], write, outcomes, refusals);
  await commitHalves([], rejects, write, outcomes, refusals);
}

function rethrowUnlessPoison(error: unknown): void {
  if (!isPoison(error)) throw error;
}

/** What several commits changed together; of a task that is in more than one, the last says how it is now. */
function joinCommitted(parts: Committed[]): Committed {
  const tasks = new Map(parts.flatMap((part) => part.tasks.map((task) => [task.uuid, task])));
  const workers = new Map(parts.flatMap((part) => part.workers.map((worker) => [worker.hostname, worker])));
  const counts: Committed['counts'] = new Map();
  for (const part of parts) {
    for (const [hostname, byType] of part.counts) {
      const sums = counts.get(hostname) ?? new Map<string, number>();
      for (const [type, count] of byType) sums.set(type, (sums.get(type) ?? 0) + count);
      counts.set(hostname, sums);
    }
  }
  return {
    tasks: [...tasks.values()],
    workers: [...workers.values()],
    newEvents: parts.reduce((sum, part) => sum + part.newEvents, 0),
    counts,
    tallies: parts.flatMap((part) => part.tallies),
  };
}
