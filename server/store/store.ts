import type { Kysely } from 'kysely';
import type { BatchSink } from '../ingest/batch.ts';
import type { Gap, Snapshot } from '../ingest/gaps.ts';
import type { Worker as Thread } from 'node:worker_threads';
import type { Worker } from '../domain/worker.ts';
import type { AskLimits } from './segment-data.ts';
import type { NamedQueueDepth } from '../contract/queues.ts';
import type { RetentionStatusBody } from '../contract/status.ts';
import type { Pruned, RetentionLimits, SegmentMeasure, StoredSegment } from './retention.ts';
import type { TaskCounter } from './task-counters.ts';
import type { CatalogTables, SegmentTables } from './tables.ts';

/**
 * The store, as the other rooms see it.
 *
 * In: batches, from one writer thread. Out: read-only Kysely instances that the query room writes its one body of
 * queries against. It never decides what an event means (domain does) and never answers a request (query does).
 */

export type Engine = 'sqlite' | 'postgres';

/** A worker and the number of its events stored, by type. */
export interface StoredWorker {
  worker: Worker;
  counts: Record<string, number>;
}

export type SavedInspections = ReadonlyMap<string, string | null>;

/** `uuid` is `retryOf` run again. */
export interface SavedRerun {
  uuid: string;
  retryOf: string;
}

/** The one writing side of a store; lives in the writer thread. */
export interface StoreWriter extends BatchSink {
  readonly engine: Engine;
  /** Random, made once per store: tells this store's queue on a shared broker from another's. */
  readonly instanceId: string;
  /** What the people who run it should know of this store, to be logged at the start; sentences. */
  readonly notices: readonly string[];
  loadSnapshot(): Promise<Snapshot>;
  /** Of each broker the mark that reaches furthest is kept: another process may be ahead of this one. */
  saveSnapshot(snapshot: Snapshot): Promise<void>;
  /** Adds a gap, or closes the open one of the same broker and `from`. */
  saveGap(gap: Gap): Promise<void>;
  /** What workers said of themselves: JSON by host name, in the place of what was there; null removes it. */
  saveInspections(saved: SavedInspections): Promise<void>;
  /** What waited in queues in one minute, in the place of what was there; what is too old by then is forgotten. */
  saveQueueDepths(depths: readonly NamedQueueDepth[]): Promise<void>;
  /**
   * Removes what the store's limits no longer keep, in the background of what is written meanwhile. One run at a time.
   * @param graceMs how long readers may go on with files that are to be removed
   * @returns null: another process is at it
   */
  prune(graceMs: number): Promise<Pruned | null>;
  loadRetention(): Promise<RetentionStatusBody>;
  saveRetention(status: RetentionStatusBody): Promise<void>;
  /** That one task is another one run again: both tell of it. */
  saveRerun(rerun: SavedRerun): Promise<void>;
  close(): Promise<void>;
}

/** One stretch of history that can be asked on its own: a file on SQLite, everything on Postgres. */
export interface Segment {
  readonly id: number;
  readonly db: Kysely<SegmentTables>;
  /** The newest `timestamp` and `received` it holds are at most these; null: not known, so it must be opened. */
  readonly newestTimestamp: number | null;
  readonly newestReceived: number | null;
  /** Nothing in it was received before this; null: not known. */
  readonly oldest: number | null;
  /** When it was closed to new tasks, epoch seconds; null: it is not, or not as a whole. */
  readonly sealedAt: number | null;
  /** null: not known. */
  readonly tasks: number | null;
  /**
   * Has a question answered beside the segment's data, in a thread, by the function that the threads were started with.
   * Rejects with `store_unavailable`, and with `cancelled` when the signal says so.
   */
  ask(question: unknown, limits: AskLimits): Promise<unknown>;
}

export interface StoreTotals {
  tasks: number;
  events: number;
  bytes: number;
  segments: number;
  /** Epoch seconds of the oldest stored task. */
  oldest: number | null;
}

/** The reading side; lives in the main thread, where no method blocks: SQLite is asked in reader threads. */
export interface StoreReader {
  readonly engine: Engine;
  readonly catalog: Kysely<CatalogTables>;
  /** Newest first. */
  segments(): Promise<Segment[]>;
  totals(): Promise<StoreTotals>;
  workers(): Promise<StoredWorker[]>;
  /** What the retention goes by; in any order. */
  storedSegments(): Promise<StoredSegment[]>;
  retention(): Promise<RetentionStatusBody>;
  /** What of a segment may be kept, or go, apart from the rest; it takes a moment. */
  measure(segmentId: number): Promise<SegmentMeasure>;
  /** Newest first, at most `limit`. */
  gaps(limit: number): Promise<Gap[]>;
  /** At most 50,000, of the workers heard last. */
  taskCounters(): Promise<TaskCounter[]>;
  /** As they were saved. */
  inspections(): Promise<[hostname: string, json: string][]>;
  close(): Promise<void>;
}

export interface StoreOptions {
  /** A folder for SQLite, or a `postgres://` URL. */
  db: string;
  /** A segment is sealed, and a new one begun, when it holds this many tasks… */
  segmentTasks: number;
  /** …or spans this many seconds. */
  segmentSeconds: number;
  /** Everything is kept for ever unless given. */
  retention?: RetentionLimits;
  /** Starts a thread that writes segments anew; this one does it unless given. SQLite only. */
  startRewriter?: (job: object) => Thread;
  /** Epoch seconds; the system's clock unless given. */
  now?: () => number;
}
