/**
 * In: the events that speak of one worker, each with the moment we received it. Out: the worker they add up to, joined
 * like a task (see task.ts): the same for any order, repetition and grouping. It never reads a clock.
 */
import { isTaskEvent, isWorkerEvent, type CeleryEvent } from '../celery/event.ts';
import { compare, greatest, toCount, toNumber, toNumbers, toText } from './fields.ts';
import { isInferred } from './inferred.ts';

/** A worker as its events describe it. Times are epoch seconds. */
export interface Worker {
  readonly hostname: string;
  /** When we first and last received an event of it, by our own clock. */
  firstSeen: number;
  lastSeen: number;
  /** When we last received a sign of life (any event of it but `worker-offline`), by our own clock. */
  lastHeartbeat: number | null;
  /** Timestamps of the last `worker-offline`, and of the last `worker-online` or `-heartbeat`, by the worker's clock. */
  offlineAt: number | null;
  eventAt: number | null;
  pid: number | null;
  clock: number;
  /** Announced seconds between two heartbeats; 60 until the first event that says. */
  freq: number;
  /** Timestamp of the last event that carried `active`, `processed` and `loadavg`, which a requested heartbeat lacks. */
  statsAt: number | null;
  active: number | null;
  processed: number | null;
  loadavg: number[] | null;
  swIdent: string | null;
  swVer: string | null;
  swSys: string | null;
}

/** Celery's value for a worker that has not announced its own (`celery.events.state.Worker`). */
const defaultFreq = 60;

/** Celery's `HEARTBEAT_EXPIRE_WINDOW`, 200 %: a worker may miss one heartbeat, not two. */
const missedHeartbeats = 2;

/** Whether the sender of an event is a worker: of Celery's events, only `task-sent` comes from a client. */
export function isOfWorker(event: CeleryEvent): boolean {
  return isWorkerEvent(event) || (isTaskEvent(event) && event.type !== 'task-sent' && !isInferred(event));
}

/** What one event says of its worker, and nothing else. `receivedAt`: epoch seconds by our own clock. */
export function workerOf(event: CeleryEvent, receivedAt: number): Worker {
  const worker = emptyWorker(event.hostname, receivedAt);
  const at = toNumber(event.timestamp) ?? 0;
  switch (event.type) {
    case 'worker-offline':
      worker.offlineAt = at;
      break;
    case 'worker-online':
    case 'worker-heartbeat':
      worker.eventAt = at;
      worker.lastHeartbeat = receivedAt;
      break;
    default:
      // Task events, elections and events of users' own: someone is there, but they do not describe the worker.
      worker.lastHeartbeat = isOfWorker(event) ? receivedAt : null;
      return worker;
  }
  readDescription(worker, event);
  readStats(worker, event, at);
  return worker;
}

/** What is known of `worker` and what `event` adds. `worker` is the caller's alone: it may be changed, and be the answer. */
export function reduceWorker(worker: Worker | undefined, event: CeleryEvent, receivedAt: number): Worker {
  if (worker === undefined) return workerOf(event, receivedAt);
  if (!isTaskEvent(event) || !isOfWorker(event)) return mergeWorkers(worker, workerOf(event, receivedAt));
  // Most events, by far: they say that the worker is there, and nothing else of it.
  worker.firstSeen = Math.min(worker.firstSeen, receivedAt);
  worker.lastSeen = Math.max(worker.lastSeen, receivedAt);
  worker.lastHeartbeat = greatest(worker.lastHeartbeat, receivedAt);
  return worker;
}

/** What both know of one worker (the same hostname), as a new worker. Commutative, associative and idempotent. */
export function mergeWorkers(a: Worker, b: Worker): Worker {
  const description = compareDescriptions(a, b) < 0 ? b : a;
  const stats = compareStats(a, b) < 0 ? b : a;
  return {
    hostname: a.hostname,
    firstSeen: Math.min(a.firstSeen, b.firstSeen),
    lastSeen: Math.max(a.lastSeen, b.lastSeen),
    lastHeartbeat: greatest(a.lastHeartbeat, b.lastHeartbeat),
    offlineAt: greatest(a.offlineAt, b.offlineAt),
    eventAt: greatest(a.eventAt, b.eventAt),
    pid: description.pid,
    clock: description.clock,
    freq: description.freq,
    statsAt: stats.statsAt,
    active: stats.active,
    processed: stats.processed,
    loadavg: stats.loadavg,
    swIdent: description.swIdent,
    swVer: description.swVer,
    swSys: description.swSys,
  };
}

/**
 * Celery's rule: the last sign of life is younger than twice the announced interval; `now`: epoch seconds by our clock.
 * A worker that said it stops is gone until it says something new: what its last tasks still report is no life.
 */
export function isAlive(worker: Worker, now: number): boolean {
  const stopped = worker.offlineAt !== null && (worker.eventAt === null || worker.eventAt <= worker.offlineAt);
  if (stopped || worker.lastHeartbeat === null) return false;
  return now < worker.lastHeartbeat + worker.freq * missedHeartbeats;
}

function emptyWorker(hostname: string, receivedAt: number): Worker {
  return {
    hostname,
    firstSeen: receivedAt,
    lastSeen: receivedAt,
    lastHeartbeat: null,
    offlineAt: null,
    eventAt: null,
    pid: null,
    clock: 0,
    freq: defaultFreq,
    statsAt: null,
    active: null,
    processed: null,
    loadavg: null,
    swIdent: null,
    swVer: null,
    swSys: null,
  };
}

function readDescription(worker: Worker, event: CeleryEvent): void {
  const freq = toNumber(event.freq);
  if (freq !== null && freq > 0) worker.freq = freq;
  worker.pid = toCount(event.pid);
  worker.clock = toCount(event.clock) ?? 0;
  worker.swIdent = toText(event.sw_ident);
  worker.swVer = toText(event.sw_ver);
  worker.swSys = toText(event.sw_sys);
}

/** A heartbeat sent on request has no counts at all: reading them as zero would be wrong. */
function readStats(worker: Worker, event: CeleryEvent, at: number): void {
  worker.active = toCount(event.active);
  worker.processed = toCount(event.processed);
  worker.loadavg = toNumbers(event.loadavg);
  const told = worker.active !== null || worker.processed !== null || worker.loadavg !== null;
  worker.statsAt = told ? at : null;
}

/** An announced stop describes the worker too: its fields are those of a heartbeat. */
function compareDescriptions(a: Worker, b: Worker): number {
  return (
    compare(greatest(a.eventAt, a.offlineAt), greatest(b.eventAt, b.offlineAt)) ||
    compare(a.pid, b.pid) ||
    compare(a.clock, b.clock) ||
    compare(a.freq, b.freq) ||
    compare(a.swIdent, b.swIdent) ||
    compare(a.swVer, b.swVer) ||
    compare(a.swSys, b.swSys)
  );
}

function compareStats(a: Worker, b: Worker): number {
  return (
    compare(a.statsAt, b.statsAt) ||
    compare(a.active, b.active) ||
    compare(a.processed, b.processed) ||
    compareLists(a.loadavg, b.loadavg)
  );
}

function compareLists(a: readonly number[] | null, b: readonly number[] | null): number {
  if (a === null || b === null) return compare(a === null ? null : 1, b === null ? null : 1);
  const differing = a.findIndex((value, i) => value !== b[i]);
  return differing < 0 ? a.length - b.length : compare(a[differing] ?? null, b[differing] ?? null);
}
