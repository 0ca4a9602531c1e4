import type pg from 'pg';
import type { SegmentColumns } from '../columns.ts';
import { toIdKey } from '../id-key.ts';
import { hasRoot } from '../indexed-conditions.ts';
import type { IdSource, PartialRow, RowColumn, SegmentData, SegmentPlaces } from '../segment-data.ts';
import { openPool, toUnavailable } from './pool.ts';
import { PostgresColumns } from './postgres-columns.ts';
import { candidatesSql } from './text-index.ts';

/** The whole history of a Postgres database, read from a thread of its own. */
export class PostgresSegmentData implements SegmentData {
  readonly #url: string;
  readonly #pool: pg.Pool;
  readonly #columns = new PostgresColumns();

  constructor(url: string) {
    this.#url = url;
    // The server ends a query that takes too long; where nothing comes from it at all, we end the connection.
    this.#pool = openPool(url, 2, { statement_timeout: 30_000, query_timeout: 35_000 });
  }

  async version(): Promise<null> {
    return null;
  }

  columns(): Promise<SegmentColumns> {
    return this.#columns.open((sql, parameters) => this.#query(sql, parameters));
  }

  async rows(ids: readonly number[], columns: readonly RowColumn[]): Promise<PartialRow[]> {
    return this.#query(`SELECT ${['id', ...columns].join(', ')} FROM tasks WHERE id = any($1)`, [ids]);
  }

  candidates(terms: readonly string[]): IdSource | null {
    const condition = candidatesSql(terms);
    if (condition === null) return null;
    const [below, limit] = [condition.parameters.length + 1, condition.parameters.length + 2];
    const sql = `SELECT id FROM tasks WHERE ${condition.sql} AND id < $${below} ORDER BY id DESC LIMIT $${limit}`;
    return async (from, most) => this.#ids(sql, [...condition.parameters, toId(from), most]);
  }

  readonly unindexed: IdSource = async (below, limit) =>
    this.#ids('SELECT id FROM tasks WHERE indexed = 0 AND id < $1 ORDER BY id DESC LIMIT $2', [toId(below), limit]);

  related(field: 'parent' | 'root', id: string): Promise<number[]> {
    const key = toIdKey(id);
    if (field === 'parent') return this.#ids('SELECT id FROM tasks WHERE parent_id = $1', [key]);
    return this.#ids(
      `SELECT id FROM tasks WHERE root_id = $1 AND ${hasRoot}
       UNION ALL SELECT id FROM tasks WHERE uuid = $1 AND coalesce(length(root_id), 0) = 0`,
      [key],
    );
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #ids(sql: string, parameters: unknown[]): Promise<number[]> {
    const rows = await this.#query<{ id: number }>(sql, parameters);
    return rows.map(({ id }) => id);
  }

  async #query<Row extends object>(sql: string, parameters: unknown[]): Promise<Row[]> {
    try {
      const { rows } = await this.#pool.query<Row>(sql, parameters);
      return rows;
    } catch (error) {
      throw toUnavailable(this.#url, error);
    }
  }
}

const toId = (below: number): number => Math.min(below, Number.MAX_SAFE_INTEGER);

/** The one database that a reader thread reads from. */
export class OpenDatabases implements SegmentPlaces {
  readonly #open = new Map<string, PostgresSegmentData>();

  readRows(): never {
    throw new Error('Postgres is asked for rows by the thread that wants them.');
  }

  use<T>(url: string, body: (data: SegmentData) => Promise<T>): Promise<T> {
    let data = this.#open.get(url);
    if (!data) this.#open.set(url, (data = new PostgresSegmentData(url)));
    return body(data);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map((data) => data.close()));
  }
}
