import type { RetentionRunBody, RetentionStatusBody } from '../contract/status.ts';
import { limitsNothing, type Pruned, type RetentionLimits } from './retention.ts';
import type { StoreWriter } from './store.ts';

/**
 * When the retention runs: soon after the start, then every hour, and oftener where little is kept. A run takes a moment,
 * since it is about whole segments. In: a store and its limits. Out: runs, told to `onRun`, and what the store remembers
 * of them, for every process that reads it.
 */
export type PrunedStore = Pick<StoreWriter, 'prune' | 'loadRetention' | 'saveRetention'>;

const hourS = 3600;
/** So that the processes of a machine that starts do not all do it at once. */
const firstMs = { least: 1000, spread: 4000 };
/** Readers have asked for files by now that a run removes. */
const graceMs = 10_000;

/** Seconds between two runs: a size can be passed in minutes. */
export function toIntervalS({ tasks, events, maxBytes }: RetentionLimits): number {
  const ages = [tasks, events].filter((age) => age !== null);
  return Math.max(60, Math.min(hourS, maxBytes === null ? hourS : 300, ...ages.map((age) => age / 10)));
}

export interface ScheduleOptions {
  readonly limits: RetentionLimits;
  /** Of a run that removed something, or failed. */
  readonly onRun: (run: RetentionRunBody) => void;
  /** Between 0 and 1; moves runs apart. */
  readonly random?: () => number;
}

export class RetentionSchedule {
  readonly #random: () => number;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(
    private readonly store: PrunedStore,
    private readonly options: ScheduleOptions,
  ) {
    this.#random = options.random ?? Math.random;
  }

  /** Also without limits a start looks once, for what an earlier run left to be removed. */
  start(): void {
    this.#wait(firstMs.least + this.#random() * firstMs.spread);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #wait(ms: number): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => void this.#run(), ms);
    this.#timer.unref();
  }

  async #run(): Promise<void> {
    const { limits, onRun } = this.options;
    const waitMs = toIntervalS(limits) * 1000 * (0.9 + 0.2 * this.#random());
    try {
      const at = Date.now() / 1000;
      const pruned = await this.store.prune(graceMs);
      const run = pruned && toRun(pruned, at);
      if (run) await this.#save(run, limitsNothing(limits) ? null : (Date.now() + waitMs) / 1000);
      if (run && didSomething(run)) onRun(run);
    } catch (error) {
      // The store cannot be reached: the writer says so too.
      if (!this.#isStopped) onRun({ ...toRun(nothing, Date.now() / 1000), error: (error as Error).message });
    }
    if (!limitsNothing(limits)) this.#wait(waitMs);
  }

  /** Where nothing is to go, what went when there was a limit stays known. */
  async #save(run: RetentionRunBody, next: number | null): Promise<void> {
    const known = next === null ? (await this.store.loadRetention()).last : run;
    const status: RetentionStatusBody = { last: known, next };
    await this.store.saveRetention(status);
  }
}

const nothing: Pruned = { segments: 0, reduced: 0, tasks: 0, bytes: 0, tookMs: 0, error: null };

export function toRun({ tookMs, ...pruned }: Pruned, at: number): RetentionRunBody {
  return { at, took_ms: Math.round(tookMs), ...pruned };
}

function didSomething({ segments, reduced, error }: RetentionRunBody): boolean {
  return segments > 0 || reduced > 0 || error !== null;
}
