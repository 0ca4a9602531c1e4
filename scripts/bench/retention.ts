/**
 * What it costs to let history go: `npm run bench:retention`; options are below. Goes on storing tasks, a batch every half
 * second, into a copy of a kept history (see kept-history.ts), and beside that drops days of it one by one, then writes two
 * anew: one without its events, one with only its failures left. Prints how long each took and how long ingest was held up.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openStoreWriter } from '../../server/store/open-store.ts';
import { keepAll, type Pruned, type RetentionLimits } from '../../server/store/retention.ts';
import type { StoreWriter } from '../../server/store/store.ts';
import { openThread } from '../../server/threads/open-thread.ts';
import { toBatch, toFlushes } from './fill-store.ts';
import { eventsOfHistoryTask } from './history-tasks.ts';
import { openHistory, type KeptHistory } from './kept-history.ts';
import { recordResult } from './results.ts';

const usage = `npm run bench:retention -- [--tasks N] [--days N] [--engine sqlite|postgres] [--drops N] [--rate TASKS_A_SECOND]
  [--record]`;
const { values } = parseArgs({
  options: {
    /** Of the whole history. */
    tasks: { type: 'string', default: '1000000' },
    days: { type: 'string', default: '10' },
    engine: { type: 'string', default: 'sqlite' },
    /** Days that are dropped. */
    drops: { type: 'string', default: '3' },
    /** Of the ingest beside. */
    rate: { type: 'string', default: '2000' },
    record: { type: 'boolean', default: false },
  },
});

const day = 86_400;
const flushSeconds = 0.5;
const tickMs = 2;

/** One part of the run. */
interface Figures {
  what: string;
  /** Of the retention's run, up to where its files are gone; null: there was none. */
  took_ms: number | null;
  freed_mb: number | null;
  /** The longest that the writing thread was kept from whatever else it has to do. */
  held_up_max_ms: number;
  /** Of the batches that were stored meanwhile. */
  commit_p50_ms: number;
  commit_max_ms: number;
}

const say = (line: string): void => console.error(`bench: ${line}`);

async function main(): Promise<void> {
  const { engine } = values;
  if (engine !== 'sqlite' && engine !== 'postgres') throw new Error(usage);
  const [tasks, days, drops, rate] = [values.tasks, values.days, values.drops, values.rate].map(Number);
  if (!(tasks! > 0 && days! >= 2 && drops! > 0 && drops! + 3 < days! && rate! > 0)) throw new Error(usage);
  const history = await openHistory({ engine, tasks: tasks!, days: days! }, say);
  const copy = await history.copy();
  try {
    const bench = new RetentionBench(copy.db, history, { tasks: tasks!, days: days!, rate: rate! });
    const figures = await bench.run(drops!);
    console.table(figures);
    const result = { options: { engine, tasks, days, rate }, figures };
    console.log(JSON.stringify(result));
    if (values.record) say(`recorded in ${await recordResult('retention', result)}`);
  } finally {
    await copy.remove();
  }
}

class RetentionBench {
  readonly #startedMs = performance.now();
  #firstTask: number;

  constructor(
    private readonly db: string,
    private readonly history: KeptHistory,
    private readonly size: { tasks: number; days: number; rate: number },
  ) {
    this.#firstTask = size.tasks;
  }

  /** Parts of the run one after the other; each lets the oldest day go that the one before has left as it was. */
  async run(drops: number): Promise<Figures[]> {
    // Between two days' ends, so that one day more is past it than is gone.
    const limitAfter = (gone: number): number => (this.size.days - 1.5 - gone) * day;
    const figures = [await this.#measure('nothing', keepAll)];
    for (let gone = 0; gone < drops; gone++) {
      figures.push(await this.#measure('drop a day', { ...keepAll, tasks: limitAfter(gone) }));
    }
    figures.push(await this.#measure('a day without its events', { ...keepAll, events: limitAfter(drops) }));
    const failures = { ...keepAll, tasks: limitAfter(drops), failures: this.size.days * 2 * day };
    figures.push(await this.#measure('only the failures of a day', failures));
    return figures;
  }

  async #measure(what: string, retention: RetentionLimits): Promise<Figures> {
    const writer = await openStoreWriter({
      db: this.db,
      segmentTasks: 1_000_000,
      segmentSeconds: day,
      now: () => this.#now(),
      retention,
      startRewriter: (job) => openThread('rewriter', job),
    });
    const ingest = await BenchIngest.start(writer, this.size.rate, this.#firstTask, this.#now());
    const startedMs = performance.now();
    const pruned = retention === keepAll ? null : await writer.prune(0);
    const tookMs = performance.now() - startedMs;
    await sleep(3000);
    await ingest.stop();
    await writer.close();
    this.#firstTask += ingest.batches * this.size.rate;
    return toFigures(what, pruned, tookMs, ingest);
  }

  /** The history's end was when the run began. */
  #now(): number {
    return this.history.end + (performance.now() - this.#startedMs) / 1000;
  }
}

/** What comes in meanwhile, stored by the thread that also lets history go, as in the server. */
class BenchIngest {
  readonly commitsMs: number[] = [];
  heldUpMaxMs = 0;
  batches = 0;
  #isOver = false;
  #done: Promise<void> = Promise.resolve();
  /** Since the last tick, in making and storing batches. */
  #ownMs = 0;

  private constructor(private readonly writer: StoreWriter) {}

  /** Settles after a few batches, when the store has done what it does at its start. */
  static async start(writer: StoreWriter, rate: number, firstTask: number, start: number): Promise<BenchIngest> {
    const ingest = new BenchIngest(writer);
    const eventsOf = (n: number, at: number) => eventsOfHistoryTask(firstTask + n, firstTask * 2, at);
    ingest.#done = ingest.#store(toFlushes(Infinity, rate, flushSeconds, start, eventsOf));
    // Whoever stops it hears of what went wrong.
    ingest.#done.catch(() => undefined);
    await sleep(3000);
    ingest.commitsMs.length = 0;
    ingest.#watch();
    return ingest;
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#done;
  }

  async #store(flushes: ReturnType<typeof toFlushes>): Promise<void> {
    const startedMs = performance.now();
    for (const events of flushes) {
      if (this.#isOver) return;
      const dueMs = startedMs + ++this.batches * flushSeconds * 1000;
      await sleep(Math.max(0, dueMs - performance.now()));
      const madeMs = performance.now();
      const batch = toBatch(events);
      const begunMs = performance.now();
      await this.writer.write(batch);
      this.commitsMs.push(performance.now() - begunMs);
      this.#ownMs += performance.now() - madeMs;
    }
  }

  #watch(): void {
    let lastMs = performance.now();
    this.#ownMs = 0;
    const timer = setInterval(() => {
      const nowMs = performance.now();
      this.heldUpMaxMs = Math.max(this.heldUpMaxMs, nowMs - lastMs - tickMs - this.#ownMs);
      lastMs = nowMs;
      this.#ownMs = 0;
      if (this.#isOver) clearInterval(timer);
    }, tickMs);
  }
}

function toFigures(what: string, pruned: Pruned | null, tookMs: number, ingest: BenchIngest): Figures {
  if (pruned?.error) throw new Error(pruned.error);
  if (pruned && pruned.segments + pruned.reduced !== 1) throw new Error(`${what}: ${JSON.stringify(pruned)}`);
  const sorted = [...ingest.commitsMs].sort((a, b) => a - b);
  return {
    what,
    took_ms: pruned && round(tookMs),
    freed_mb: pruned && round(pruned.bytes / 1e6),
    held_up_max_ms: round(ingest.heldUpMaxMs),
    commit_p50_ms: round(sorted[Math.floor(sorted.length / 2)]!),
    commit_max_ms: round(sorted.at(-1)!),
  };
}

const round = (value: number): number => Math.round(value * 10) / 10;

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
