import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { RetentionStatusBody } from '../../contract/status.ts';
import type { NamedQueueDepth } from '../../contract/queues.ts';
import { AppError } from '../../errors.ts';
import type { Batch, Committed } from '../../ingest/batch.ts';
import type { Gap, Snapshot, Watermark } from '../../ingest/gaps.ts';
import { inspectionKey, rerunKeys, retentionFact, toRetentionStatus } from '../catalog-reads.ts';
import { boundSegments, isPastKeeping, keepAll, prune, type Pruned, type RetentionLimits } from '../retention.ts';
import { ColumnWriter } from './column-writer.ts';
import type { SavedInspections, SavedRerun, StoreOptions, StoreWriter } from '../store.ts';
import { migrateDatabase } from './migrate.ts';
import { batchLock, describeUrl, isSilence, openPool, pruneLock, toUnavailable } from './pool.ts';
import { PostgresBatch } from './postgres-batch.ts';
import { SegmentPruner } from './segment-pruner.ts';
import { currentSegments, type SegmentLimits } from './segments.ts';
import { statements } from './statements.ts';
import { firstKeptMinute, toDepthRows } from '../queue-depths.ts';
import { keptCounters } from '../task-counters.ts';
import { TextIndex } from './text-index.ts';

/** Blocks of columns that are made of what an older program stored: some 30 ms a batch. */
const blocksPerBatch = 4;

/** Writes batches into a Postgres database, which any number of processes may do at once. */
export class PostgresWriter implements StoreWriter {
  readonly engine = 'postgres';
  readonly notices: string[];
  readonly #text: TextIndex;
  readonly #columns = new ColumnWriter();
  readonly #closing = new AbortController();
  #pruning: Promise<Pruned | null> = Promise.resolve(null);

  private constructor(
    private readonly pool: pg.Pool,
    private readonly limits: SegmentLimits,
    private readonly retention: RetentionLimits,
    private readonly now: () => number,
    readonly instanceId: string,
    noTextIndex: string | null,
  ) {
    this.#text = new TextIndex(noTextIndex === null);
    this.notices = noTextIndex === null ? [] : [toNotice(noTextIndex)];
  }

  static async open(options: StoreOptions): Promise<PostgresWriter> {
    const noTextIndex = await migrateOnce(options.db);
    const pool = openPool(options.db, 3, {
      // A frozen process must not hold the lock that all others wait for, nor a dead host this one.
      query_timeout: 60_000,
      idle_in_transaction_session_timeout: 60_000,
    });
    try {
      await pool.query(keptCounters);
      await pool.query(statements.addFact, ['instance', randomUUID()]);
      const { rows } = await pool.query<{ value: string }>(statements.fact, ['instance']);
      const retention = options.retention ?? keepAll;
      const limits = boundSegments({ tasks: options.segmentTasks, seconds: options.segmentSeconds }, retention);
      const now = options.now ?? (() => Date.now() / 1000);
      return new PostgresWriter(pool, limits, retention, now, rows[0]!.value, noTextIndex);
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
      const rows = new PostgresBatch(client, batch, segments, {
        indexedOf: this.#text.indexedOf,
        isPastKeeping: (task) => isPastKeeping(task, this.retention, now),
      });
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

  async #prune(): Promise<Pruned | null> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    try {
      const { rows } = await client.query<{ mine: boolean }>('SELECT pg_try_advisory_lock($1) AS mine', [pruneLock]);
      if (!rows[0]!.mine) return null;
      const pruner = new SegmentPruner(client, this.#closing.signal);
      await pruner.dropLeftovers();
      const pruned = await prune(pruner, this.retention, this.now, this.#closing.signal);
      await client.query('SELECT pg_advisory_unlock($1)', [pruneLock]);
      return pruned;
    } catch (error) {
      // With the connection its lock goes too.
      broken = error as Error;
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

  async saveQueueDepths(depths: readonly NamedQueueDepth[]): Promise<void> {
    const rows = toDepthRows(depths);
    await this.pool.query(
      statements.saveQueueDepths,
      [0, 1, 2, 3, 4].map((column) => rows.map((row) => row[column])),
    );
    await this.pool.query(statements.forgetQueueDepths, [firstKeptMinute(depths, this.retention.metrics)]);
  }

  async saveInspections(saved: SavedInspections): Promise<void> {
    const keys = [...saved.keys()].map((hostname) => inspectionKey + hostname);
    await this.pool.query(statements.saveFacts, [keys, [...saved.values()]]);
  }

  async prune(): Promise<Pruned | null> {
    const run = this.#pruning.then(() => this.#prune());
    this.#pruning = run.catch(() => null);
    return run;
  }

  async loadRetention(): Promise<RetentionStatusBody> {
    const { rows } = await this.pool.query<{ value: string }>(statements.fact, [retentionFact]);
    return toRetentionStatus(rows[0]?.value);
  }

  async saveRetention(status: RetentionStatusBody): Promise<void> {
    await this.pool.query(statements.saveFact, [retentionFact, JSON.stringify(status)]);
  }

  async saveRerun({ uuid, retryOf }: SavedRerun): Promise<void> {
    const keys = [rerunKeys.retriedAs + retryOf, rerunKeys.retryOf + uuid];
    await this.pool.query(statements.extendFacts, [keys, [JSON.stringify([uuid]), JSON.stringify([retryOf])]]);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#pruning;
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
