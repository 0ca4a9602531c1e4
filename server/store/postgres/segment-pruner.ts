import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { failure, type PrunableStore, type RetentionStep, type StoredSegment } from '../retention.ts';
import { columnStatements } from './column-statements.ts';
import { batchLock } from './pool.ts';
import { boundSegment, partitioned, statements } from './statements.ts';

/**
 * Segments as partitions. A partition is detached, or another put in its place, in one transaction with the catalog: to
 * that belongs a lock on the whole table, which has to wait for every query that is under way, while all that come after
 * wait behind it. So it waits for some 20 ms only, and tries again until there is a moment without a long query. What it
 * detached is dropped afterwards, which concerns nobody any more.
 */
const lockTimeoutMs = 20;
const tries = 150;
const pauseMs = 200;

/** Tables of ours that are no partition any more, or not yet. */
const prefixes = { dropped: 'dropped_', reduced: 'reduced_' } as const;

export interface SegmentRow {
  id: number;
  created_at: number;
  sealed_at: number | null;
  tasks: number;
  bytes: number;
  only_failures: number;
  no_events: number;
}

export function toStoredSegment(row: SegmentRow): StoredSegment {
  return {
    id: row.id,
    createdAt: row.created_at,
    sealedAt: row.sealed_at,
    tasks: row.tasks,
    bytes: row.bytes,
    onlyFailures: row.only_failures === 1,
    noEvents: row.no_events === 1,
  };
}

/** On one connection, which holds the lock of the retention, so that of several ingesters one does it. */
export class SegmentPruner implements PrunableStore {
  constructor(
    private readonly client: pg.ClientBase,
    private readonly signal: AbortSignal,
  ) {}

  async segments(): Promise<StoredSegment[]> {
    const { rows } = await this.client.query<SegmentRow>(statements.storedSegments, [partitioned]);
    return rows.map(toStoredSegment);
  }

  async drop({ id }: StoredSegment): Promise<void> {
    await this.#exclusively(partitioned, async () => {
      for (const table of partitioned) await this.#detach(table, id);
      await this.client.query(statements.removeSegment, [id]);
      await this.client.query(statements.removeCounters, [id]);
      return true;
    });
    await this.dropLeftovers();
  }

  async reduce({ segment: { id }, onlyFailures, noEvents }: RetentionStep): Promise<boolean> {
    await this.dropLeftovers();
    const version = await this.#versionOf(id);
    const replaced = onlyFailures ? partitioned : ['task_events', 'other_events'];
    for (const table of replaced)
      await this.client.query(
        `CREATE TABLE ${prefixes.reduced}${table}_${id} (LIKE ${table} INCLUDING ALL EXCLUDING IDENTITY)`,
      );
    if (onlyFailures) await this.#copyFailures(id, noEvents);
    const isDone = await this.#exclusively(replaced, async () => {
      // A late event came meanwhile: every batch writes the record of each segment it touches.
      if ((await this.#versionOf(id)) !== version) return false;
      for (const table of replaced) {
        await this.#detach(table, id);
        const partition = `${table}_${id}`;
        await this.client.query(`ALTER TABLE ${prefixes.reduced}${partition} RENAME TO ${partition}`);
        await this.client.query(`ALTER TABLE ${table} ATTACH PARTITION ${partition} FOR VALUES IN (${id})`);
      }
      if (onlyFailures) await this.client.query(statements.removeCounters, [id]);
      if (onlyFailures) await this.client.query(boundSegment(id), [id]);
      if (onlyFailures) await this.client.query(statements.forgetColumns, [id]);
      if (onlyFailures) await this.client.query(columnStatements.setLastWriter, ['']);
      await this.client.query(statements.reduceSegment, [id, Number(onlyFailures), Number(noEvents)]);
      return true;
    });
    await this.dropLeftovers();
    return isDone;
  }

  async forgetBefore(time: number): Promise<void> {
    for (const sql of statements.forgetBefore) await this.client.query(sql, [time]);
  }

  /** Of this run, or of one that was cut short. */
  async dropLeftovers(): Promise<void> {
    const patterns = Object.values(prefixes).map((prefix) => `${prefix.replace('_', '\\_')}%`);
    const { rows } = await this.client.query<{ name: string }>(statements.leftovers, [patterns]);
    for (const { name } of rows) await this.client.query(`DROP TABLE IF EXISTS "${name}"`);
  }

  async #copyFailures(id: number, noEvents: boolean): Promise<void> {
    const [tasks, events, senders] = ['tasks', 'task_events', 'senders'].map((table) => `${table}_${id}`);
    await this.client.query(`INSERT INTO ${prefixes.reduced}${tasks} SELECT * FROM ${tasks} WHERE state = $1`, [
      failure,
    ]);
    if (noEvents) return;
    await this.client.query(
      `INSERT INTO ${prefixes.reduced}${events} SELECT * FROM ${events}
       WHERE task_id IN (SELECT id FROM ${prefixes.reduced}${tasks})`,
    );
    await this.client.query(
      `INSERT INTO ${prefixes.reduced}${senders} SELECT * FROM ${senders}
       WHERE id IN (SELECT sender_id FROM ${prefixes.reduced}${events})`,
    );
  }

  /** Changes with every write to the segment's record. */
  async #versionOf(id: number): Promise<string | undefined> {
    const { rows } = await this.client.query<{ version: string }>(statements.segmentVersion, [id]);
    return rows[0]?.version;
  }

  async #detach(table: string, id: number): Promise<void> {
    await this.client.query(`ALTER TABLE ${table} DETACH PARTITION ${table}_${id}`);
    await this.client.query(`ALTER TABLE ${table}_${id} RENAME TO ${prefixes.dropped}${table}_${id}`);
  }

  /** Runs `body` in a transaction when nobody else uses the tables. False from it rolls back. */
  async #exclusively(tables: readonly string[], body: () => Promise<boolean>): Promise<boolean> {
    for (let left = tries; ; left--) {
      try {
        return await this.#tryExclusively(tables, body);
      } catch (error) {
        if ((error as { code?: string }).code !== lockNotAvailable) throw error;
        if (left <= 1)
          throw new Error('other queries did not leave a moment to change partitions in', { cause: error });
      }
      await sleep(pauseMs, undefined, { signal: this.signal });
    }
  }

  async #tryExclusively(tables: readonly string[], body: () => Promise<boolean>): Promise<boolean> {
    await this.client.query('BEGIN');
    try {
      // After the batch that is being written, which may take longer than we wait for any other.
      await this.client.query('SELECT pg_advisory_xact_lock($1)', [batchLock]);
      await this.client.query(`SET LOCAL lock_timeout = ${lockTimeoutMs}`);
      await this.client.query(`LOCK TABLE ${tables.join(', ')} IN ACCESS EXCLUSIVE MODE`);
      const isDone = await body();
      await this.client.query(isDone ? 'COMMIT' : 'ROLLBACK');
      return isDone;
    } catch (error) {
      await this.client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }
}

const lockNotAvailable = '55P03';
