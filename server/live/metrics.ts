/**
 * In: commits, and a look at the store from time to time. Out: everything that is measured here, as text that Prometheus
 * reads. A store that does not answer makes figures old; the answer comes all the same.
 */
import { Registry } from 'prom-client';
import type { TaskTally } from '../domain/task-tally.ts';
import { FlowerMetrics, type FlowerMetricsOptions, type StoredMetrics } from './flower-metrics.ts';
import { addOwnMetrics, type OwnSources, type StoreFigures } from './own-metrics.ts';
import type { WorkerRegistry } from './worker-registry.ts';

export interface MetricsSources extends Omit<OwnSources, 'stored'> {
  workers: WorkerRegistry;
  /** Asks the store. */
  readStored: () => Promise<StoreFigures>;
  /** Epoch seconds. */
  now: () => number;
}

export interface Metrics {
  /** What was stored before; again whenever the writer is started anew. */
  load(stored: StoredMetrics): void;
  apply(change: { tallies: readonly TaskTally[] }): void;
  readonly contentType: string;
  /** In Prometheus' text format. */
  text(): Promise<string>;
}

/** However often it is scraped, the store is asked so often at most; and so long it may take. */
const freshS = 10;
const patienceMs = 1500;

export function openMetrics(sources: MetricsSources, options: FlowerMetricsOptions): Metrics {
  const { workers, readStored, now, ...own } = sources;
  const registry = new Registry();
  const flower = new FlowerMetrics(registry, workers, now, options);
  let stored: StoreFigures | null = null;
  addOwnMetrics(registry, { ...own, stored: () => stored });
  let askedAt = -Infinity;
  let asking: Promise<void> | null = null;
  const refresh = (): Promise<void> => {
    if (asking === null && now() - askedAt >= freshS) {
      askedAt = now();
      asking = readStored()
        .then((figures) => void (stored = figures))
        .catch((error: Error) => void (stored &&= { ...stored, store: { ...stored.store, error: error.message } }))
        .finally(() => (asking = null));
    }
    return asking ?? Promise.resolve();
  };
  return {
    load: (known) => flower.load(known, now()),
    apply: ({ tallies }) => flower.apply(tallies, now()),
    contentType: registry.contentType,
    async text() {
      await atMost(refresh(), patienceMs);
      flower.purge(now());
      return registry.metrics();
    },
  };
}

async function atMost(work: Promise<void>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, limitMs)));
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
