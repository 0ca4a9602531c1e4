import type { Worker } from 'node:worker_threads';
import { Kysely, sql } from 'kysely';
import { ReaderPool } from '../reader-pool.ts';
import { readGaps, readInspections, readRetention, readWorkers } from '../catalog-reads.ts';
import type { RetentionStatusBody } from '../../contract/status.ts';
import type { Gap } from '../../ingest/gaps.ts';
import { failure, type SegmentMeasure, type StoredSegment } from '../retention.ts';
import { readTaskCounters, type TaskCounter } from '../task-counters.ts';
import type { Segment, StoredWorker, StoreReader, StoreTotals } from '../store.ts';
import type { CatalogTables, SegmentTables } from '../tables.ts';
import { sizeOf, StoreFolder, type SegmentPlace } from './folder.ts';
import { readerDialect } from './reader-dialect.ts';
import { toStoredSegment } from './stored-segment.ts';

/** Two, so that a short question does not wait behind a long list: with one, 6 ms became 550 ms. */
const threads = 2;

/** Reads the files that a writer thread of this process writes. */
export class SqliteReader implements StoreReader {
  readonly engine = 'sqlite';
  readonly catalog: Kysely<CatalogTables>;
  readonly #folder: StoreFolder;
  readonly #pool: ReaderPool;
  /** By file. */
  readonly #segments = new Map<string, Kysely<SegmentTables>>();

  constructor(path: string, startThread: () => Worker) {
    this.#folder = new StoreFolder(path);
    this.#pool = new ReaderPool(startThread, threads);
    this.catalog = new Kysely({ dialect: readerDialect(this.#pool, this.#folder.catalog) });
  }

  async segments(): Promise<Segment[]> {
    const records = await this.catalog.selectFrom('segments').selectAll().orderBy('id', 'desc').execute();
    this.#forgetGone(records.map((record) => this.#folder.segment(record)));
    return records.map((record) => ({
      id: record.id,
      db: this.#db(record),
      newestTimestamp: record.sealed_at === null ? null : record.newest_timestamp,
      newestReceived: record.sealed_at === null ? null : record.newest_received,
      oldest: record.oldest,
      sealedAt: record.sealed_at,
      tasks: record.tasks,
      ask: (question, limits) => this.#pool.ask(record.id, this.#folder.segment(record), question, limits),
    }));
  }

  async totals(): Promise<StoreTotals> {
    const records = await this.catalog
      .selectFrom('segments')
      .select(['id', 'generation', 'no_events', 'oldest', 'tasks'])
      .execute();
    this.#forgetGone(records.map((record) => this.#folder.segment(record)));
    const withEvents = records.filter(({ no_events }) => no_events === 0);
    const counts = await Promise.all(withEvents.map((record) => this.#countEvents(record)));
    const files = [this.#folder.catalog, ...records.map((record) => this.#folder.segment(record))];
    const sizes = await Promise.all(files.map(sizeOf));
    const oldest = records.map((record) => record.oldest).filter((at) => at !== null);
    return {
      tasks: sum(records.map((record) => record.tasks)),
      events: sum(counts),
      bytes: sum(sizes),
      segments: records.length,
      oldest: oldest.length > 0 ? Math.min(...oldest) : null,
    };
  }

  async workers(): Promise<StoredWorker[]> {
    const segments = await this.segments();
    return readWorkers(
      this.catalog,
      segments.map((segment) => segment.db),
    );
  }

  async storedSegments(): Promise<StoredSegment[]> {
    const records = await this.catalog.selectFrom('segments').selectAll().execute();
    return Promise.all(records.map((record) => toStoredSegment(record, this.#folder)));
  }

  async measure(segmentId: number): Promise<SegmentMeasure> {
    const record = await this.catalog
      .selectFrom('segments')
      .select(['id', 'generation'])
      .where('id', '=', segmentId)
      .executeTakeFirst();
    if (record === undefined) return { failures: 0, events: 0, eventBytes: 0 };
    const { rows } = await sql<SegmentMeasure>`SELECT
        (SELECT count(*) FROM tasks WHERE state = ${failure}) AS failures,
        (SELECT count(*) FROM task_events) + (SELECT count(*) FROM other_events) AS events,
        (SELECT coalesce(sum(pgsize), 0) FROM dbstat
           WHERE name IN ('task_events', 'other_events') AND aggregate = 1) AS eventBytes`.execute(this.#db(record));
    return rows[0]!;
  }

  retention(): Promise<RetentionStatusBody> {
    return readRetention(this.catalog);
  }

  gaps(limit: number): Promise<Gap[]> {
    return readGaps(this.catalog, limit);
  }

  taskCounters(): Promise<TaskCounter[]> {
    return readTaskCounters(this.catalog);
  }

  inspections(): Promise<[hostname: string, json: string][]> {
    return readInspections(this.catalog);
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  #db(segment: SegmentPlace): Kysely<SegmentTables> {
    const file = this.#folder.segment(segment);
    let db = this.#segments.get(file);
    if (!db) {
      db = new Kysely({ dialect: readerDialect(this.#pool, file) });
      this.#segments.set(file, db);
    }
    return db;
  }

  /** A file that was removed takes its place on the disk until the last thread has closed it. */
  #forgetGone(files: readonly string[]): void {
    const there = new Set(files);
    for (const file of this.#segments.keys()) {
      if (there.has(file)) continue;
      this.#segments.delete(file);
      this.#pool.forget(file);
    }
  }

  async #countEvents(segment: SegmentPlace): Promise<number> {
    const row = await this.#db(segment)
      .selectFrom('counters')
      .select((eb) => eb.fn.sum<number | null>('events').as('events'))
      .executeTakeFirst();
    return row?.events ?? 0;
  }
}

const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);
