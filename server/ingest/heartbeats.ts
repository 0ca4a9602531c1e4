import type { CeleryEvent } from '../celery/event.ts';
import { toCount, toNumber } from '../domain/fields.ts';

/**
 * When a broker's silence means that something is wrong: workers announce how often they send a heartbeat, so while there
 * are any, something has to come. Two halves: what the workers promise, known where events are read, and how long it has
 * been silent, known where they are received.
 */

/** Heartbeats that may fail to come. */
const missedHeartbeats = 3;

/** A bound, not a limit: any one of them promises enough. */
const maxKnownWorkers = 5000;

/** After how long without anything a connection is no good, whatever it seems; milliseconds. */
export function toSilenceLimitMs(heartbeatMs: number, leastMs: number): number {
  return Math.max(heartbeatMs * missedHeartbeats, leastMs);
}

/** What the workers on each broker promise; `onChange` is told the shortest interval, or that there is none. */
export class HeartbeatPromises {
  /** By place of the broker: seconds between two heartbeats, by host name. */
  readonly #byBroker = new Map<number, Map<string, number>>();
  readonly #told = new Map<number, number | null>();
  readonly #onChange: (broker: number, heartbeatMs: number | null) => void;

  constructor(onChange: (broker: number, heartbeatMs: number | null) => void) {
    this.#onChange = onChange;
  }

  /** Of events that come now: what an earlier run left promises nothing any more. */
  note(broker: number, event: CeleryEvent): void {
    if (!event.type.startsWith('worker-')) return;
    let workers = this.#byBroker.get(broker);
    if (!workers) this.#byBroker.set(broker, (workers = new Map<string, number>()));
    const isNew = event.type === 'worker-offline' ? workers.delete(event.hostname) : noteInterval(workers, event);
    if (isNew) this.#tell(broker, workers);
  }

  /** Of workers that were killed nobody says so: after a new connection, only what is heard there counts. */
  forget(broker: number): void {
    this.#byBroker.delete(broker);
    this.#tell(broker, new Map());
  }

  #tell(broker: number, workers: ReadonlyMap<string, number>): void {
    let shortest = Infinity;
    for (const interval of workers.values()) shortest = Math.min(shortest, interval);
    const heartbeatMs = shortest === Infinity ? null : shortest * 1000;
    if (heartbeatMs === (this.#told.get(broker) ?? null)) return;
    this.#told.set(broker, heartbeatMs);
    this.#onChange(broker, heartbeatMs);
  }
}

/** False: nothing new, as of nearly every heartbeat. */
function noteInterval(workers: Map<string, number>, event: CeleryEvent): boolean {
  if (event.type !== 'worker-heartbeat' && event.type !== 'worker-online') return false;
  const interval = toNumber(event.freq);
  // One without `processed` was asked for: its worker need not send any by itself.
  if (interval === null || interval <= 0 || toCount(event.processed) === null) return false;
  if (workers.get(event.hostname) === interval) return false;
  if (workers.size >= maxKnownWorkers && !workers.has(event.hostname)) return false;
  workers.set(event.hostname, interval);
  return true;
}

/**
 * How long one broker has been silent. It adds up turns of a timer, not time: while our own process stands still no turn
 * comes, and what waits in the socket is read before the next one.
 */
export class Silence {
  #limitMs: number | null = null;
  #silentMs = 0;
  #lastMs = 0;

  /** When something last came; epoch milliseconds. */
  get sinceMs(): number {
    return this.#lastMs;
  }

  heard(atMs: number): void {
    this.#lastMs = atMs;
    this.#silentMs = 0;
  }

  expect(limitMs: number | null): void {
    this.#limitMs = limitMs;
  }

  /** One more turn without anything. True once when it is too long; then not again before a new promise. */
  passed(turnMs: number): boolean {
    if (this.#limitMs === null) return false;
    this.#silentMs += turnMs;
    if (this.#silentMs <= this.#limitMs) return false;
    this.#limitMs = null;
    this.#silentMs = 0;
    return true;
  }
}
