/**
 * In: what each commit changed, and what was stored before. Out: Flower's six metrics, by Flower's names and labels, in
 * a registry. Events of tasks are counted on over restarts of ours; purged workers are left out. It reads no clock.
 */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { TaskTally } from '../domain/task-tally.ts';
import type { PrefetchedTasks } from '../query/prefetched.ts';
import type { WorkerRegistry } from './worker-registry.ts';

export interface FlowerMetricsOptions {
  /** Upper bounds in seconds (`task_runtime_metric_buckets`). */
  runtimeBuckets: readonly number[];
  /** After how many seconds of silence a worker, or a client, is left out; null: never. */
  purgeAfterS: number | null;
  /** How many pairs of a sender and a name of tasks have series of their own. */
  maxPairs?: number;
}

/** What the store holds of these metrics. */
export interface StoredMetrics {
  counters: readonly { hostname: string; type: string; task: string; events: number }[];
  prefetched: readonly PrefetchedTasks[];
}

/** Of one name of tasks at one sender. */
interface Pair {
  /** By type. */
  events: Map<string, number>;
  /** null: there never were any. */
  prefetched: number | null;
  waitedS: number | null;
}

interface Sender {
  /** Epoch seconds. */
  lastHeard: number;
  pairs: Map<string, Pair>;
}

/** The sender, name or type of all that have no series of their own. */
const others = 'other';
/** Celery has nine; applications add theirs. */
const maxTypes = 32;

export class FlowerMetrics {
  readonly #workers: WorkerRegistry;
  readonly #purgeAfterS: number | null;
  readonly #maxPairs: number;
  readonly #runtimes: Histogram<'worker' | 'task'>;
  readonly #senders = new Map<string, Sender>();
  #pairs = 0;

  /** `now`: epoch seconds. */
  constructor(registry: Registry, workers: WorkerRegistry, now: () => number, options: FlowerMetricsOptions) {
    this.#workers = workers;
    this.#purgeAfterS = options.purgeAfterS;
    this.#maxPairs = options.maxPairs ?? 10_000;
    this.#runtimes = new Histogram({
      name: 'flower_task_runtime_seconds',
      help: 'Task runtime',
      labelNames: ['worker', 'task'],
      buckets: options.runtimeBuckets.filter(Number.isFinite),
      registers: [registry],
    });
    this.#addEvents(registry, now);
    this.#addPrefetching(registry, now);
    this.#addWorkers(registry, now);
  }

  /** Takes what was stored: once at the start, and whenever the writer is started anew. */
  load({ counters, prefetched }: StoredMetrics, now: number): void {
    for (const { hostname, type, task, events } of counters) {
      const pair = this.#at(hostname, task, now);
      // What was stored goes first to those that have a place: `other` would be a different sum after each start.
      if (pair === this.#senders.get(others)?.pairs.get(others)) continue;
      pair.events.set(type, Math.max(events, pair.events.get(type) ?? 0));
    }
    for (const { pairs } of this.#senders.values()) for (const pair of pairs.values()) pair.prefetched &&= 0;
    for (const { worker, task, tasks } of prefetched) {
      const pair = this.#at(worker, task, now);
      pair.prefetched = (pair.prefetched ?? 0) + tasks;
    }
  }

  apply(tallies: readonly TaskTally[], now: number): void {
    for (const tally of tallies) {
      const pair = this.#at(tally.worker, tally.task, now);
      for (const [type, n] of tally.events) {
        const isKnown = pair.events.has(type) || pair.events.size < maxTypes;
        const key = isKnown ? type : others;
        pair.events.set(key, (pair.events.get(key) ?? 0) + n);
      }
      if (tally.prefetched !== 0) pair.prefetched = Math.max(0, (pair.prefetched ?? 0) + tally.prefetched);
      if (tally.waitedS !== null) pair.waitedS = tally.waitedS;
      this.#observe(tally);
    }
  }

  /** Forgets clients that are gone, and the run times of workers that are: what they counted is known to the store. */
  purge(now: number): void {
    const after = this.#purgeAfterS;
    if (after === null) return;
    for (const [hostname, { lastHeard, pairs }] of this.#senders) {
      if (!this.#isPurged(hostname, now)) continue;
      for (const task of pairs.keys()) this.#runtimes.remove({ worker: hostname, task });
      if (this.#workers.isAlive(hostname, now) !== undefined || now - lastHeard <= after) continue;
      this.#senders.delete(hostname);
      this.#pairs -= pairs.size;
    }
  }

  #observe({ worker, task, runtimes }: TaskTally): void {
    if (runtimes.length === 0) return;
    const hasPlace = this.#senders.get(worker)?.pairs.has(task) ?? false;
    const series = this.#runtimes.labels(hasPlace ? { worker, task } : { worker: others, task: others });
    for (const runtime of runtimes) series.observe(runtime);
  }

  #at(hostname: string, task: string, now: number): Pair {
    const known = this.#senders.get(hostname);
    if (known) known.lastHeard = now;
    const pair = known?.pairs.get(task);
    if (pair) return pair;
    if (this.#pairs >= this.#maxPairs && hostname !== others) return this.#at(others, others, now);
    const sender = known ?? { lastHeard: now, pairs: new Map<string, Pair>() };
    const made: Pair = { events: new Map(), prefetched: null, waitedS: null };
    this.#senders.set(hostname, sender);
    sender.pairs.set(task, made);
    this.#pairs++;
    return made;
  }

  #addEvents(registry: Registry, now: () => number): void {
    const shown = () => this.#shown(now());
    new Counter({
      name: 'flower_events_total',
      help: 'Number of events',
      labelNames: ['worker', 'type', 'task'],
      registers: [registry],
      collect() {
        this.reset();
        for (const { worker, task, pair } of shown()) {
          for (const [type, events] of pair.events) this.inc({ worker, type, task }, events);
        }
      },
    });
  }

  #addPrefetching(registry: Registry, now: () => number): void {
    this.#addGauge(registry, now, {
      name: 'flower_task_prefetch_time_seconds',
      help: 'The time the task spent waiting at the celery worker to be executed.',
      valueOf: ({ waitedS }) => waitedS,
    });
    this.#addGauge(registry, now, {
      name: 'flower_worker_prefetched_tasks',
      help: 'Number of tasks of given type prefetched at a worker',
      valueOf: ({ prefetched }) => prefetched,
    });
  }

  #addGauge(
    registry: Registry,
    now: () => number,
    { valueOf, ...named }: { name: string; help: string; valueOf: (pair: Pair) => number | null },
  ): void {
    const shown = () => this.#shown(now());
    new Gauge({
      ...named,
      labelNames: ['worker', 'task'],
      registers: [registry],
      collect() {
        this.reset();
        for (const { worker, task, pair } of shown()) {
          const value = valueOf(pair);
          if (value !== null) this.set({ worker, task }, value);
        }
      },
    });
  }

  /** Of a worker that died without a word Flower goes on to say that it is online; here it is not. */
  #addWorkers(registry: Registry, now: () => number): void {
    const workers = this.#workers;
    new Gauge({
      name: 'flower_worker_online',
      help: 'Worker online status',
      labelNames: ['worker'],
      registers: [registry],
      collect() {
        this.reset();
        for (const { hostname, alive } of workers.list(now())) this.set({ worker: hostname }, alive ? 1 : 0);
      },
    });
    new Gauge({
      name: 'flower_worker_number_of_currently_executing_tasks',
      help: 'Number of tasks currently executing at a worker',
      labelNames: ['worker'],
      registers: [registry],
      collect() {
        this.reset();
        for (const { hostname, alive, active } of workers.list(now())) {
          if (active !== null) this.set({ worker: hostname }, alive ? active : 0);
        }
      },
    });
  }

  #isPurged(hostname: string, now: number): boolean {
    if (this.#purgeAfterS === null) return false;
    if (this.#workers.isAlive(hostname, now) !== undefined) return this.#workers.isPurged(hostname, now);
    return now - (this.#senders.get(hostname)?.lastHeard ?? now) > this.#purgeAfterS;
  }

  *#shown(now: number): Generator<{ worker: string; task: string; pair: Pair }> {
    for (const [worker, { pairs }] of this.#senders) {
      if (this.#isPurged(worker, now)) continue;
      for (const [task, pair] of pairs) yield { worker, task, pair };
    }
  }
}
