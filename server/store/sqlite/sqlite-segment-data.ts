import type { Statement } from 'better-sqlite3';
import type { SegmentColumns } from '../columns.ts';
import { toIdKey } from '../id-key.ts';
import { hasRoot } from '../indexed-conditions.ts';
import {
  toIdChunk,
  type IdSource,
  type PartialRow,
  type RowColumn,
  type SegmentData,
  type SoughtText,
} from '../segment-data.ts';
import type { ColumnCache } from './column-cache.ts';
import type { Database } from './database.ts';
import { hasPlainText, plainText, toPlainPatterns } from './plain-text.ts';
import { SqliteColumns } from './sqlite-columns.ts';
import { TrigramChoice } from './trigram-choice.ts';

/** A segment's file, read in the thread that has it open. */
export class SqliteSegmentData implements SegmentData {
  readonly #db: Database;
  /** By their SQL. */
  readonly #statements = new Map<string, Statement<unknown[]>>();
  readonly #columns: SqliteColumns;
  readonly #trigrams: TrigramChoice;

  constructor(db: Database, cache: ColumnCache) {
    this.#db = db;
    this.#columns = new SqliteColumns(db, cache);
    this.#trigrams = new TrigramChoice(db);
  }

  async version(): Promise<number> {
    return this.#version();
  }

  async columns(): Promise<SegmentColumns> {
    return this.#columns.open(this.#version());
  }

  /** Before its file is closed: nothing of it stays in memory. */
  forget(): void {
    this.#columns.forget();
  }

  async rows(ids: readonly number[], columns: readonly RowColumn[]): Promise<PartialRow[]> {
    // All at once, and not each by its id: 3.4 µs a row instead of 5.6.
    const statement = this.#prepare(
      `SELECT ${['id', ...columns].map((column) => `tasks.${column}`).join(', ')}
       FROM json_each(?) AS wanted CROSS JOIN tasks WHERE tasks.id = wanted.value`,
    );
    return statement.all(JSON.stringify(ids)) as PartialRow[];
  }

  candidates(terms: readonly SoughtText[]): IdSource | null {
    const match = this.#trigrams.choose(terms);
    if (match === null) return null;
    // better-sqlite3 binds numbers as floats, and FTS5 heeds integers only: each chunk would begin at the end of the list.
    const sql = `SELECT rowid AS id FROM task_text WHERE task_text MATCH ? AND rowid < CAST(? AS INTEGER)
      ORDER BY rowid DESC LIMIT ?`;
    return async (below, limit) => toIdChunk(this.#ids(sql, match, toId(below), limit), limit);
  }

  /** Beside ingest there are as many as run and wait: with their texts tested here under 1 µs each, and not 6. */
  unindexed(terms: readonly SoughtText[]): IdSource {
    const patterns = toPlainPatterns(terms);
    const sql = `SELECT id FROM (SELECT id, uuid, ${plainText} AS text FROM tasks WHERE indexed = 0 AND id < ? ORDER BY id DESC LIMIT -1)
      ${patterns.length > 0 ? `WHERE ${patterns.map(() => hasPlainText).join(' AND ')}` : ''} LIMIT ?`;
    return async (below, limit) => toIdChunk(this.#ids(sql, toId(below), ...patterns, limit), limit);
  }

  async related(field: 'parent' | 'root', id: string): Promise<number[]> {
    const key = toIdKey(id);
    if (field === 'parent') return this.#ids('SELECT id FROM tasks WHERE parent_id = ?', key);
    return [
      ...this.#ids(`SELECT id FROM tasks WHERE root_id = ? AND ${hasRoot}`, key),
      ...this.#ids('SELECT id FROM tasks WHERE uuid = ? AND coalesce(length(root_id), 0) = 0', key),
    ];
  }

  #version(): number {
    return this.#db.pragma('data_version', { simple: true }) as number;
  }

  #ids(sql: string, ...parameters: unknown[]): number[] {
    return this.#prepare(sql, true).all(...parameters) as number[];
  }

  #prepare(sql: string, pluck = false): Statement<unknown[]> {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#db.prepare<unknown[]>(sql);
      if (pluck) statement.pluck();
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

const toId = (below: number): number => Math.min(below, Number.MAX_SAFE_INTEGER);
