import type { WorkerBody } from '../../../server/contract/workers.ts';

export interface WorkerCount {
  label: string;
  count: number;
  tone: 'received' | 'success' | 'failure' | 'retry';
  /** Which of its tasks are meant; null: all. */
  search: string | null;
}

/** What its stored events add up to. */
export function toWorkerCounts(worker: WorkerBody): WorkerCount[] {
  const count = (type: string) => worker.events[type] ?? 0;
  return [
    { label: 'Received', count: count('task-received'), tone: 'received', search: null },
    { label: 'Succeeded', count: count('task-succeeded'), tone: 'success', search: 'state:SUCCESS' },
    { label: 'Failed', count: count('task-failed'), tone: 'failure', search: 'state:FAILURE' },
    { label: 'Retried', count: count('task-retried'), tone: 'retry', search: 'retries:>0' },
  ];
}

/** A silent worker is news for an hour; after that it is history, and makes room. */
const newsS = 3600;

function rank(worker: WorkerBody, nowS: number): 0 | 1 | 2 {
  if (worker.alive) return 1;
  return worker.last_heartbeat !== null && nowS - worker.last_heartbeat < newsS ? 0 : 2;
}

/** Green, red while its silence is news, and grey after. */
export function toWorkerTone(worker: WorkerBody, nowS: number): 'success' | 'failure' | 'pending' {
  return (['failure', 'success', 'pending'] as const)[rank(worker, nowS)];
}

/** Those that fell silent lately, then those alive, then those long gone; by name within each. */
export function sortWorkers(workers: readonly WorkerBody[], nowS: number): WorkerBody[] {
  return [...workers].sort(
    (a, b) => rank(a, nowS) - rank(b, nowS) || (a.hostname < b.hostname ? -1 : a.hostname > b.hostname ? 1 : 0),
  );
}

/** `py-celery 5.6.3 (Linux)`; null when it never said. */
export function toSoftware(worker: WorkerBody): string | null {
  if (!worker.sw_ident && !worker.sw_ver) return null;
  const named = [worker.sw_ident, worker.sw_ver].filter(Boolean).join(' ');
  return worker.sw_sys ? `${named} (${worker.sw_sys})` : named;
}

/** `0.42  0.50  0.61`: over 1, 5 and 15 minutes. */
export function toLoad(worker: WorkerBody): string | null {
  return worker.loadavg && worker.loadavg.length > 0 ? worker.loadavg.map((load) => load.toFixed(2)).join('  ') : null;
}

/** What is looked for among the workers: part of a name, or `alive`, or `dead`; empty: all. */
export function readWorkerFilter(query: URLSearchParams): string {
  return query.get('q')?.trim() ?? '';
}

export function toFilterQuery(filter: string): URLSearchParams {
  return new URLSearchParams(filter === '' ? {} : { q: filter });
}

export function isShown({ hostname, alive }: WorkerBody, filter: string): boolean {
  const wanted = filter.toLowerCase();
  if (wanted === 'alive' || wanted === 'dead') return alive === (wanted === 'alive');
  return hostname.toLowerCase().includes(wanted);
}
