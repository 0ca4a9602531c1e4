/**
 * In: how ingest, brokers and store are. Out: Herbarium's own metrics in a registry: whether what Flower's metrics say
 * can be believed. What has to be asked of the store is asked by the caller, and given here as it was last known.
 */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { BrokerStatusBody, IngestStatusBody, StoreStatusBody } from '../contract/status.ts';

/** What the store says of itself, as it was last known. */
export interface StoreFigures {
  store: StoreStatusBody;
  gaps: { begun: number; open: number };
  /** Of the last hour; null when nothing was processed. */
  coverage: number | null;
}

export interface OwnSources {
  version: string;
  /** As ingest knows them now. */
  ingest: () => { brokers: BrokerStatusBody[]; ingest: IngestStatusBody };
  /** null: it was never answered. */
  stored: () => StoreFigures | null;
}

export function addOwnMetrics(registry: Registry, { version, ingest, stored }: OwnSources): void {
  const build = { name: 'herbarium_build_info', help: 'Always 1; its label says which Herbarium this is' };
  new Gauge({ ...build, labelNames: ['version'], registers: [registry] }).set({ version }, 1);
  addBrokers(registry, () => ingest().brokers);
  addIngest(registry, () => ingest().ingest);
  addStore(registry, stored);
  addProcess(registry);
}

function addBrokers(registry: Registry, brokers: () => BrokerStatusBody[]): void {
  new Gauge({
    name: 'herbarium_broker_connected',
    help: 'Whether events of this broker come in: 1 or 0',
    labelNames: ['broker'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { url, connected } of brokers()) this.set({ broker: url }, connected ? 1 : 0);
    },
  });
}

function addIngest(registry: Registry, ingest: () => IngestStatusBody): void {
  const gauge = adder(registry, Gauge);
  gauge('ingest_lag_seconds', 'Age of the oldest event that is not stored yet', () => ingest().lag_ms / 1000);
  gauge(
    'ingest_backlog_messages',
    'Messages that were taken from brokers and are not stored yet',
    () => ingest().backlog,
  );
  gauge('ingest_spool_bytes', 'What waits on disk for want of memory', () => ingest().spool_bytes);
  gauge('ingest_storing', 'Whether what comes in can be stored: 1 or 0', () => (ingest().error === null ? 1 : 0));
  const counter = adder(registry, Counter);
  counter('events_received_total', 'Events that came in', () => ingest().received);
  counter('events_stored_total', 'Events that are stored', () => ingest().stored);
  counter('events_duplicate_total', 'Events that were stored already', () => ingest().duplicates);
  counter('messages_rejected_total', 'Messages that could not be read', () => ingest().rejected);
  counter('messages_dropped_total', 'Messages lost for want of room', () => ingest().dropped);
}

function addStore(registry: Registry, stored: () => StoreFigures | null): void {
  const gauge = adder(registry, Gauge);
  gauge('store_readable', 'Whether the store answers: 1 or 0', () => toBit(stored()?.store.error === null));
  gauge('store_size_bytes', 'Size of the store', () => stored()?.store.bytes);
  gauge('store_tasks', 'Tasks in the store', () => stored()?.store.tasks);
  gauge('store_events', 'Events in the store', () => stored()?.store.events);
  gauge('store_segments', 'Segments of history in the store', () => stored()?.store.segments);
  gauge(
    'coverage_ratio',
    'Of the tasks that workers began in the last hour, how many were seen',
    () => stored()?.coverage,
  );
  gauge('gaps_open', 'Stretches of time that are not seen, and last', () => stored()?.gaps.open);
  // No counter: gaps go with the history they are in.
  gauge('gaps', 'Stretches of the stored history that were not seen', () => stored()?.gaps.begun);
}

/** By the names that every client of Prometheus gives them. */
function addProcess(registry: Registry): void {
  const startedS = Date.now() / 1000 - process.uptime();
  const gauge = adder(registry, Gauge, '');
  gauge('process_start_time_seconds', 'Start time of the process, in seconds since 1970', () => startedS);
  gauge('process_resident_memory_bytes', 'Resident memory size', () => process.memoryUsage.rss());
  adder(registry, Counter, '')('process_cpu_seconds_total', 'User and system CPU time spent', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
}

type Add = (name: string, help: string, value: () => number | null | undefined) => void;

/** What has no value now is not shown. */
function adder(registry: Registry, Metric: typeof Gauge | typeof Counter, prefix = 'herbarium_'): Add {
  return (name, help, value) => {
    new Metric({
      name: prefix + name,
      help,
      registers: [registry],
      collect() {
        const now = value();
        if (typeof now === 'number') {
          this.reset();
          this.inc(now);
        } else this.remove();
      },
    });
  };
}

const toBit = (is: boolean): 0 | 1 => (is ? 1 : 0);
