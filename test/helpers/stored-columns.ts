/** The columns of a store, and whether they are what its rows say. */
import Database from 'better-sqlite3';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Task } from '../../server/domain/task.ts';
import { blockRows, codeColumns, numberColumns, type SegmentColumns } from '../../server/store/columns.ts';
import { openPool } from '../../server/store/postgres/pool.ts';
import { PostgresColumns, type RunQuery } from '../../server/store/postgres/postgres-columns.ts';
import { openForReading } from '../../server/store/sqlite/database.ts';
import { ColumnCache } from '../../server/store/sqlite/column-cache.ts';
import { SqliteColumns } from '../../server/store/sqlite/sqlite-columns.ts';
import { taskColumns, toTask, type TaskRow } from '../../server/store/task-row.ts';
import { columnsOf } from './columns.ts';
import type { TestStore } from './stores.ts';

export interface StoredColumns {
  columns: SegmentColumns;
  /** By row id. */
  tasks: (Task | undefined)[];
}

/** Calls back with each segment; what it reads is of one moment. */
export async function readStored(store: TestStore, body: (stored: StoredColumns) => Promise<void>): Promise<void> {
  if (store.engine === 'postgres') return readDatabase(store.db, body);
  for (const path of listFiles(store)) {
    const db = openForReading(path);
    db.exec('BEGIN');
    await body({
      columns: new SqliteColumns(db, new ColumnCache(0)).open(0),
      tasks: byId(db.prepare(selectTasks).all() as TaskRow[]),
    });
    db.close();
  }
}

async function readDatabase(url: string, body: (stored: StoredColumns) => Promise<void>): Promise<void> {
  const pool = openPool(url, 1, {});
  const query: RunQuery = async <Row extends object>(sql: string, parameters: unknown[]) =>
    (await pool.query<Row>(sql, parameters)).rows;
  await query('BEGIN ISOLATION LEVEL REPEATABLE READ', []);
  await body({ columns: await new PostgresColumns().open(query), tasks: byId(await query<TaskRow>(selectTasks, [])) });
  await query('COMMIT', []);
  await pool.end();
}

const selectTasks = `SELECT id, ${taskColumns.join(', ')} FROM tasks`;

/** Makes the store what a program left that knew of no columns. */
export async function removeColumns(store: TestStore): Promise<void> {
  const removeAll = ['column_blocks', 'column_zones', 'dictionary'].map((table) => `DELETE FROM ${table}`).join(';');
  if (store.engine === 'postgres') await runIn(store.db, `${removeAll}; UPDATE segments SET schema = 0`);
  else for (const path of listFiles(store)) useFile(path, (db) => db.exec(removeAll));
}

/** Blocks that are stored with all their columns. */
export async function countStoredBlocks(store: TestStore): Promise<number> {
  const count = `SELECT count(*) AS blocks FROM
    (SELECT block FROM column_blocks GROUP BY block HAVING count(*) = ${numberColumns.length + codeColumns.length}) AS whole`;
  if (store.engine === 'postgres') return (await runIn<{ blocks: number }>(store.db, count))[0]!.blocks;
  const counts = listFiles(store).map((path) => useFile(path, (db) => db.prepare(count).get() as { blocks: number }));
  return counts.reduce((sum, { blocks }) => sum + blocks, 0);
}

/** From now on a transaction fails after it has written its columns. */
export async function breakCommits(store: TestStore): Promise<void> {
  if (store.engine === 'postgres') {
    await runIn(
      store.db,
      `CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no more room'; END $$;
       CREATE CONSTRAINT TRIGGER broken AFTER INSERT OR UPDATE ON counters DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION fail()`,
    );
  } else {
    const broken = `CREATE TRIGGER broken BEFORE INSERT ON counters BEGIN SELECT RAISE(ABORT, 'no more room'); END`;
    for (const path of listFiles(store)) useFile(path, (db) => db.exec(broken));
  }
}

export async function mendCommits(store: TestStore): Promise<void> {
  if (store.engine === 'postgres') await runIn(store.db, 'DROP TRIGGER broken ON counters');
  else for (const path of listFiles(store)) useFile(path, (db) => db.exec('DROP TRIGGER broken'));
}

async function runIn<Row extends object>(url: string, sql: string): Promise<Row[]> {
  const pool = openPool(url, 1, {});
  const { rows } = await pool.query<Row>(sql);
  await pool.end();
  return rows;
}

function useFile<T>(path: string, body: (db: Database.Database) => T): T {
  const db = new Database(path);
  const result = body(db);
  db.close();
  return result;
}

function listFiles(store: TestStore): string[] {
  const folder = join(store.db, 'segments');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.db'))
    .map((name) => join(folder, name));
}

function byId(rows: readonly TaskRow[]): (Task | undefined)[] {
  const tasks: (Task | undefined)[] = [];
  for (const row of rows) tasks[row.id] = toTask(row);
  return Array.from(tasks);
}

/** Every value of every row is what the row says, and within its block's zone. */
export async function expectColumnsOfRows(store: TestStore): Promise<number> {
  let tasks = 0;
  await readStored(store, async (stored) => {
    const wanted = await decode(columnsOf(stored.tasks));
    tasks += wanted.size;
    expect(await decode(stored.columns)).toEqual(wanted);
    await expectInZones(stored.columns);
  });
  return tasks;
}

/** By row id: what each task is in each column. */
async function decode(columns: SegmentColumns): Promise<Map<number, Record<string, number | string | null>>> {
  const rows = new Map<number, Record<string, number | string | null>>();
  const states = (await columns.codes('state', 0, columns.blocks)).flatMap((block) => [...block]);
  for (const [id, state] of states.entries()) if (state !== 0) rows.set(id, {});
  for (const column of numberColumns) {
    const blocks = await columns.numbers(column, 0, columns.blocks);
    for (const [id, row] of rows) row[column] = blocks[Math.floor(id / blockRows)]![id % blockRows]!;
  }
  for (const column of codeColumns) {
    const texts = await columns.dictionary(column);
    const blocks = await columns.codes(column, 0, columns.blocks);
    for (const [id, row] of rows) {
      const code = blocks[Math.floor(id / blockRows)]![id % blockRows]!;
      row[column] = code === 0 ? null : texts[code]!;
    }
  }
  return rows;
}

async function expectInZones(columns: SegmentColumns): Promise<void> {
  for (const column of numberColumns) {
    const { low, high } = await columns.zones(column);
    expect([low.length, high.length]).toEqual([columns.blocks, columns.blocks]);
    for (const [block, values] of (await columns.numbers(column, 0, columns.blocks)).entries()) {
      for (const value of values) {
        if (!Number.isNaN(value) && !(low[block]! <= value && value <= high[block]!)) {
          throw new Error(`${column} ${value} is not between ${low[block]} and ${high[block]}`);
        }
      }
    }
  }
}
