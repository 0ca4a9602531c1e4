import type pg from 'pg';
import type { SegmentColumns } from '../columns.ts';
import { toIdKey } from '../id-key.ts';
import { hasRoot } from '../indexed-conditions.ts';
import {
  toIdChunk,
  type CandidateUse,
  type IdSource,
  type PartialRow,
  type RowColumn,
  type SegmentData,
  type SegmentPlaces,
  type SoughtText,
} from '../segment-data.ts';
import { readSnapshot } from './moment.ts';
import { openPool, toUnavailable } from './pool.ts';
import { PostgresColumns } from './postgres-columns.ts';
import { notIn, SegmentRanges } from './segment-ranges.ts';
import { TextCandidates } from './text-candidates.ts';
import { toTextTests } from './text-index.ts';

/** The whole history of a Postgres database, read from a thread of its own. */
export class PostgresSegmentData implements SegmentData {
  /** The first takes 250 µs, each further one 10. */
  readonly rowsAtOnce = 32;
  readonly #url: string;
  readonly #pool: pg.Pool;
  readonly #columns = new PostgresColumns();
  readonly #ranges = new SegmentRanges((sql, parameters) => this.#query(sql, parameters));

  constructor(url: string) {
    this.#url = url;
    // The server ends a query that takes too long; where nothing comes from it at all, we end the connection.
    // For 250 rows of 400,000 by their ids the planner would read all partitions: 200 ms instead of 5.
    this.#pool = openPool(url, 2, { statement_timeout: 30_000, query_timeout: 35_000 }, true);
  }

  /** Changes with any database of the server: beside ingest what is asked again is answered again. */
  async version(): Promise<string> {
    const [row] = await this.#query<{ snapshot: string }>(readSnapshot, []);
    return row!.snapshot;
  }

  columns(): Promise<SegmentColumns> {
    return this.#columns.open((sql, parameters) => this.#query(sql, parameters));
  }

  async rows(ids: readonly number[], columns: readonly RowColumn[]): Promise<PartialRow[]> {
    const sql = `SELECT ${['id', ...columns].join(', ')} FROM tasks WHERE id = any($1) AND ${notIn('$2')}`;
    return this.#query(sql, [ids, await this.#ranges.without(ids)]);
  }

  candidates(terms: readonly SoughtText[], use: CandidateUse): IdSource | null {
    const tests = toTextTests(terms);
    if (tests === null) return null;
    const candidates = new TextCandidates(this.#pool, this.#ranges, tests, use);
    return (below, limit) =>
      candidates.read(below, limit).catch((error: unknown) => {
        throw toUnavailable(this.#url, error);
      });
  }

  unindexed(): IdSource {
    const sql = 'SELECT id FROM tasks WHERE indexed = 0 AND id < $1 ORDER BY id DESC LIMIT $2';
    return async (below, limit) => toIdChunk(await this.#ids(sql, [toId(below), limit]), limit);
  }

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
      this.#columns.forget();
      this.#ranges.forget();
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
