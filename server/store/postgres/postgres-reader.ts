import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import type pg from 'pg';
import { ReaderPool } from '../reader-pool.ts';
import { CompiledQuery, Kysely, PostgresDialect, sql, type PostgresPool, type PostgresPoolClient } from 'kysely';
import type { RetentionStatusBody } from '../../contract/status.ts';
import { readGaps, readInspections, readRetention, readWorkers } from '../catalog-reads.ts';
import type { Gap } from '../../ingest/gaps.ts';
import { failure, type SegmentMeasure, type StoredSegment } from '../retention.ts';
import { readTaskCounters, type TaskCounter } from '../task-counters.ts';
import type { Segment, StoredWorker, StoreReader, StoreTotals } from '../store.ts';
import type { CatalogTables, SegmentTables } from '../tables.ts';
import { isSilence, openPool, schema, toUnavailable } from './pool.ts';
import { toStoredSegment, type SegmentRow } from './segment-pruner.ts';
import { partitioned, statements } from './statements.ts';

/** How long `close` waits for answers. */
const closeLimitMs = 2000;

/** Reads the whole history as one segment: Postgres itself merges its partitions in order. */
export class PostgresReader implements StoreReader {
  readonly engine = 'postgres';
  readonly catalog: Kysely<CatalogTables>;
  readonly #pool: pg.Pool;
  readonly #segment: Segment;
  /** Goes through columns, which must not hold up the HTTP loop. */
  readonly #threads: ReaderPool;

  constructor(url: string, startThread: () => Worker) {
    this.#threads = new ReaderPool(startThread, 1);
    // The server ends a query that takes too long; where nothing comes from it at all, we end the connection.
    this.#pool = openPool(url, 4, { statement_timeout: 30_000, query_timeout: 35_000 });
    const dialect = new PostgresDialect({ pool: toReadingPool(this.#pool, url) });
    this.catalog = new Kysely<CatalogTables>({ dialect });
    this.#segment = {
      id: 0,
      db: new Kysely<SegmentTables>({ dialect }),
      newestTimestamp: null,
      newestReceived: null,
      oldest: null,
      sealedAt: null,
      tasks: null,
      ask: (question, limits) => this.#threads.ask(0, url, question, limits),
    };
  }

  async segments(): Promise<Segment[]> {
    return [this.#segment];
  }

  async totals(): Promise<StoreTotals> {
    const { rows } =
      await sql<StoreTotals>`SELECT coalesce(sum(tasks), 0) AS tasks, count(*) AS segments, min(oldest) AS oldest,
         (SELECT coalesce(sum(events), 0) FROM counters JOIN segments ON id = segment_id WHERE no_events = 0) AS events,
         (SELECT coalesce(sum(pg_total_relation_size(oid)), 0) FROM pg_class
            WHERE relnamespace = ${schema}::regnamespace AND relkind = 'r') AS bytes
       FROM segments`.execute(this.catalog);
    return rows[0]!;
  }

  async workers(): Promise<StoredWorker[]> {
    return readWorkers(this.catalog, [this.#segment.db]);
  }

  async storedSegments(): Promise<StoredSegment[]> {
    const query = CompiledQuery.raw(statements.storedSegments, [partitioned]);
    const { rows } = await this.catalog.executeQuery<SegmentRow>(query);
    return rows.map(toStoredSegment);
  }

  async measure(segmentId: number): Promise<SegmentMeasure> {
    const { rows } = await sql<SegmentMeasure>`SELECT
        (SELECT count(*) FROM tasks WHERE segment_id = ${segmentId} AND state = ${failure}) AS failures,
        (SELECT count(*) FROM task_events WHERE segment_id = ${segmentId}) +
          (SELECT count(*) FROM other_events WHERE segment_id = ${segmentId}) AS events,
        coalesce(pg_total_relation_size(to_regclass(${`task_events_${segmentId}`})), 0) +
          coalesce(pg_total_relation_size(to_regclass(${`other_events_${segmentId}`})), 0) AS "eventBytes"`.execute(
      this.catalog,
    );
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
    await this.#threads.close();
    // What is asked of a server that is out of reach has half a minute to fail.
    await Promise.race([this.#pool.end(), sleep(closeLimitMs, undefined, { ref: false })]);
  }
}

/** The pool, with every failure named as what it is to those who ask: the store cannot be read. */
function toReadingPool(pool: pg.Pool, url: string): PostgresPool {
  const fail = (error: unknown): never => {
    throw toUnavailable(url, error);
  };
  return {
    connect: async () => {
      const client = await pool.connect().catch(fail);
      let isBroken = false;
      const query = (text: string, values: readonly unknown[]) =>
        client.query(text, [...values]).catch((error: unknown) => {
          isBroken ||= isSilence(error);
          return fail(error);
        });
      return { query, release: () => client.release(isBroken) } as unknown as PostgresPoolClient;
    },
    end: () => pool.end(),
  };
}
