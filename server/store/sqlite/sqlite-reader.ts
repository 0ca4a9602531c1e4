import { stat } from 'node:fs/promises';
import type { Worker } from 'node:worker_threads';
import { Kysely } from 'kysely';
import { ReaderPool } from '../reader-pool.ts';
import { readGaps, readInspections, readWorkers } from '../catalog-reads.ts';
import type { Gap } from '../../ingest/gaps.ts';
import type { Segment, StoredWorker, StoreReader, StoreTotals } from '../store.ts';
import type { CatalogTables, SegmentTables } from '../tables.ts';
import { StoreFolder } from './folder.ts';
import { readerDialect } from './reader-dialect.ts';
import { textCandidates } from './text-index.ts';

/** Two, so that a short question does not wait behind a long list: with one, 6 ms became 550 ms. */
const threads = 2;

/** Reads the files that a writer thread of this process writes. */
export class SqliteReader implements StoreReader {
  readonly engine = 'sqlite';
  readonly textCandidates = textCandidates;
  readonly catalog: Kysely<CatalogTables>;
  readonly #folder: StoreFolder;
  readonly #pool: ReaderPool;
  readonly #segments = new Map<number, Kysely<SegmentTables>>();

  constructor(path: string, startThread: () => Worker) {
    this.#folder = new StoreFolder(path);
    this.#pool = new ReaderPool(startThread, threads);
    this.catalog = new Kysely({ dialect: readerDialect(this.#pool, this.#folder.catalog) });
  }

  async segments(): Promise<Segment[]> {
    const records = await this.catalog.selectFrom('segments').selectAll().orderBy('id', 'desc').execute();
    for (const id of this.#segments.keys()) {
      if (!records.some((record) => record.id === id)) this.#segments.delete(id);
    }
    return records.map((record) => ({
      id: record.id,
      db: this.#db(record.id),
      newestTimestamp: record.sealed_at === null ? null : record.newest_timestamp,
      newestReceived: record.sealed_at === null ? null : record.newest_received,
      oldest: record.oldest,
      sealedAt: record.sealed_at,
      tasks: record.tasks,
      ask: (question, limits) => this.#pool.ask(record.id, this.#folder.segment(record.id), question, limits),
    }));
  }

  async totals(): Promise<StoreTotals> {
    const records = await this.catalog.selectFrom('segments').select(['id', 'oldest', 'tasks']).execute();
    const counts = await Promise.all(records.map(({ id }) => this.#countEvents(id)));
    const sizes = await Promise.all(
      [this.#folder.catalog, ...records.map(({ id }) => this.#folder.segment(id))].map(sizeOf),
    );
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

  gaps(limit: number): Promise<Gap[]> {
    return readGaps(this.catalog, limit);
  }

  inspections(): Promise<[hostname: string, json: string][]> {
    return readInspections(this.catalog);
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  #db(id: number): Kysely<SegmentTables> {
    let db = this.#segments.get(id);
    if (!db) {
      db = new Kysely({ dialect: readerDialect(this.#pool, this.#folder.segment(id)) });
      this.#segments.set(id, db);
    }
    return db;
  }

  async #countEvents(id: number): Promise<number> {
    const row = await this.#db(id)
      .selectFrom('counters')
      .select((eb) => eb.fn.sum<number | null>('events').as('events'))
      .executeTakeFirst();
    return row?.events ?? 0;
  }
}

const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);

/** Of a database with its write-ahead log. */
async function sizeOf(path: string): Promise<number> {
  const sizes = await Promise.all(
    [path, `${path}-wal`].map((file) =>
      stat(file).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sum(sizes);
}
