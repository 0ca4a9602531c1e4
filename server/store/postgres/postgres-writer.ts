import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { AppError } from '../../errors.ts';
import type { Batch, Committed } from '../../ingest/batch.ts';
import type { Gap, Snapshot, Watermark } from '../../ingest/gaps.ts';
import { ColumnWriter } from './column-writer.ts';
import { inspectionKey } from '../catalog-reads.ts';
import type { SavedInspections, StoreOptions, StoreWriter } from '../store.ts';
import { migrateDatabase } from './migrate.ts';
import { describeUrl, isSilence, openPool, toUnavailable } from './pool.ts';
import { PostgresBatch } from './postgres-batch.ts';
import { currentSegments, type SegmentLimits } from './segments.ts';
import { statements } from './statements.ts';
import { TextIndex } from './text-index.ts';

/** Held for a batch's transaction: of several ingesters one writes at a time, so that halves of a task are joined. */
const batchLock = 4_715_552;

/** Blocks of columns that are made of what an older program stored: some 30 ms a batch. */
const blocksPerBatch = 4;

/** Writes batches into a Postgres database, which any number of processes may do at once. */
export class PostgresWriter implements StoreWriter {
  readonly engine = 'postgres';
  readonly notices: string[];
  readonly #text: TextIndex;
  readonly #columns = new ColumnWriter();

  private constructor(
    private readonly pool: pg.Pool,
    private readonly limits: SegmentLimits,
    private readonly now: () => number,
    readonly instanceId: string,
    noTextIndex: string | null,
  ) {
    this.#text = new TextIndex(noTextIndex === null);
    this.notices = noTextIndex === null ? [] : [toNotice(noTextIndex)];
  }

  static async open(options: StoreOptions): Promise<PostgresWriter> {
    const noTextIndex = await migrateOnce(options.db);
    const pool = openPool(options.db, 2, {
      // A frozen process must not hold the lock that all others wait for, nor a dead host this one.
      query_timeout: 60_000,
      idle_in_transaction_session_timeout: 60_000,
    });
    try {
      await pool.query(statements.addFact, ['instance', randomUUID()]);
      const { rows } = await pool.query<{ value: string }>(statements.fact, ['instance']);
      const limits = { tasks: options.segmentTasks, seconds: options.segmentSeconds };
      const now = options.now ?? (() => Date.now() / 1000);
      return new PostgresWriter(pool, limits, now, rows[0]!.value, noTextIndex);
    } catch (error) {
      await pool.end();
      throw error instanceof AppError ? error : toUnavailable(options.db, error);
    }
  }

  async write(batch: Batch): Promise<Committed> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('BEGIN');
      await client.query('SELECT pg_advisory_xact_lock($1)', [batchLock]);
      const now = this.now();
      const segments = await currentSegments(client, this.limits, now);
      const rows = new PostgresBatch(client, batch, segments, this.#text.indexedOf);
      const committed = await rows.write();
      await this.#columns.write(client, rows.changes());
      await this.#columns.fill(client, blocksPerBatch);
      await this.#text.indexWaiting(client, batch.tasks.size, now);
      await client.query('COMMIT');
      return committed;
    } catch (error) {
      this.#columns.forget();
      if (isSilence(error)) broken = error as Error;
      else await client.query('ROLLBACK').catch((failure: Error) => (broken = failure));
      throw error;
    } finally {
      client.release(broken);
    }
  }

  async loadSnapshot(): Promise<Snapshot> {
    const { rows } = await this.pool.query<{ broker: string; value: string }>(statements.watermarks);
    return Object.fromEntries(rows.map(({ broker, value }) => [broker, JSON.parse(value) as Watermark]));
  }

  async saveSnapshot(snapshot: Snapshot): Promise<void> {
    for (const [broker, watermark] of Object.entries(snapshot)) {
      await this.pool.query(statements.saveWatermark, [broker, JSON.stringify(watermark)]);
    }
  }

  async saveGap({ broker, from, to, why }: Gap): Promise<void> {
    await this.pool.query(statements.saveGap, [broker, from, to, why]);
  }

  async saveInspections(saved: SavedInspections): Promise<void> {
    const keys = [...saved.keys()].map((hostname) => inspectionKey + hostname);
    await this.pool.query(statements.saveFacts, [keys, [...saved.values()]]);
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}

/** On a connection without limits: to make an index for a long history takes its time. */
async function migrateOnce(url: string): Promise<string | null> {
  const pool = openPool(url, 1, {});
  try {
    return await migrateDatabase(pool, `The database at ${describeUrl(url)}`);
  } catch (error) {
    throw error instanceof AppError ? error : toUnavailable(url, error);
  } finally {
    await pool.end();
  }
}

const toNotice = (why: string): string =>
  `Searches for text will be slow: Postgres has no index for them, as ${why}. An administrator of the database can help ` +
  'with CREATE EXTENSION pg_trgm; then start Herbarium again.';
