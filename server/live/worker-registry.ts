import type { WorkerBody, WorkerStatusBody } from '../contract/workers.ts';
import { isAlive, mergeWorkers, type Worker } from '../domain/worker.ts';

/** A worker and the number of its events stored, by type. */
export interface RegisteredWorker {
  worker: Worker;
  counts: Record<string, number>;
}

/** What a commit says of workers: each as it is now, and by hostname and event type how many events are new. */
export interface WorkerChange {
  workers: readonly Worker[];
  counts: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

interface Entry {
  worker: Worker;
  counts: Map<string, number>;
}

/**
 * All workers ever heard of, in memory, as of the last commit: at most `maxWorkers`, those heard last.
 * Names come from the wire, `__proto__` among them: maps hold them, and `Object.fromEntries` makes each an own key.
 */
export class WorkerRegistry {
  readonly #entries = new Map<string, Entry>();
  readonly #maxWorkers: number;
  readonly #purgeAfterS: number | null;

  /** `purgeAfterS`: seconds after which a worker that is offline is not listed any more; null: never. */
  constructor(maxWorkers: number, purgeAfterS: number | null = null) {
    this.#maxWorkers = maxWorkers;
    this.#purgeAfterS = purgeAfterS;
  }

  /** Takes what the store knew at a start. */
  load(rows: Iterable<RegisteredWorker>): void {
    for (const { worker, counts } of rows) {
      this.#entries.set(worker.hostname, { worker, counts: new Map(Object.entries(counts)) });
    }
    this.#dropOldest();
  }

  /** Takes what a commit changed. Counts of senders that are no workers are left alone. */
  apply({ workers, counts }: WorkerChange): void {
    for (const worker of workers) {
      const entry = this.#entries.get(worker.hostname);
      if (entry) entry.worker = worker;
      else this.#entries.set(worker.hostname, { worker, counts: new Map() });
    }
    for (const [hostname, byType] of counts) {
      const entry = this.#entries.get(hostname);
      if (entry) for (const [type, n] of byType) entry.counts.set(type, (entry.counts.get(type) ?? 0) + n);
    }
    this.#dropOldest();
  }

  /** Takes what other processes heard, which says nothing of how many events there were; those of whom it is more than was known. */
  hear(heard: readonly Worker[]): Worker[] {
    const news = heard.filter(({ hostname, lastSeen }) => {
      const known = this.#entries.get(hostname)?.worker;
      return known === undefined || known.lastSeen < lastSeen;
    });
    const workers = news.map((worker) => {
      const known = this.#entries.get(worker.hostname)?.worker;
      return known ? mergeWorkers(known, worker) : worker;
    });
    this.apply({ workers, counts: new Map() });
    return workers;
  }

  /** Undefined: no worker of this name was ever heard. `now`: epoch seconds. */
  isAlive(hostname: string, now: number): boolean | undefined {
    const entry = this.#entries.get(hostname);
    return entry && isAlive(entry.worker, now);
  }

  /**
   * Whether it has been offline for so long that it is not to be shown. `now`: epoch seconds, as `answeredAt`, when it
   * last answered: of one that sends no events there is no other sign of life.
   */
  isPurged(hostname: string, now: number, answeredAt = now): boolean {
    if (this.#purgeAfterS === null) return false;
    const worker = this.#entries.get(hostname)?.worker;
    if (worker && isAlive(worker, now)) return false;
    const lastSign = worker ? (worker.lastHeartbeat ?? worker.lastSeen) : answeredAt;
    return now - lastSign > this.#purgeAfterS;
  }

  /** By name. `now`: epoch seconds. */
  list(now: number): WorkerBody[] {
    return this.#shown(now).map((entry) => toWorkerBody(entry, now));
  }

  /** Whether each is alive. `now`: epoch seconds. */
  status(now: number): WorkerStatusBody {
    return Object.fromEntries(this.#shown(now).map(({ worker }) => [worker.hostname, isAlive(worker, now)]));
  }

  #shown(now: number): Entry[] {
    const shown = [...this.#entries.values()].filter(({ worker }) => !this.isPurged(worker.hostname, now));
    return shown.sort((a, b) => (a.worker.hostname < b.worker.hostname ? -1 : 1));
  }

  #dropOldest(): void {
    const excess = this.#entries.size - this.#maxWorkers;
    if (excess <= 0) return;
    const oldestFirst = [...this.#entries.values()].sort((a, b) => a.worker.lastSeen - b.worker.lastSeen);
    for (const { worker } of oldestFirst.slice(0, excess)) this.#entries.delete(worker.hostname);
  }
}

function toWorkerBody({ worker, counts }: Entry, now: number): WorkerBody {
  return {
    hostname: worker.hostname,
    alive: isAlive(worker, now),
    last_heartbeat: worker.lastHeartbeat,
    pid: worker.pid,
    freq: worker.freq,
    active: worker.active,
    processed: worker.processed,
    loadavg: worker.loadavg,
    sw_ident: worker.swIdent,
    sw_ver: worker.swVer,
    sw_sys: worker.swSys,
    events: Object.fromEntries(counts),
  };
}
