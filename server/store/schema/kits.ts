import { sql, type SQL } from 'drizzle-orm';
import * as pg from 'drizzle-orm/pg-core';
import * as sqlite from 'drizzle-orm/sqlite-core';

type Column = sqlite.AnySQLiteColumn;

/**
 * The two column kits. A table is written once against {@link ColumnKit} (see `tables.ts`) and built with each.
 * Only plain values: numbers, text and bytes. Times are epoch seconds, flags are 0 or 1, structures are JSON text, so
 * that both engines and Kysely agree on what a row holds.
 */
export const sqliteKit = {
  table: sqlite.sqliteTable,
  index: sqlite.index,
  uniqueIndex: sqlite.uniqueIndex,
  text: <Name extends string>(name: Name) => sqlite.text(name),
  /** Whole number, 64 bits. */
  integer: <Name extends string>(name: Name) => sqlite.integer(name),
  /** 64-bit floating point. */
  real: <Name extends string>(name: Name) => sqlite.real(name),
  bytes: <Name extends string>(name: Name) => sqlite.blob(name, { mode: 'buffer' }),
  /** A primary key that the engine gives, counting up. */
  rowId: <Name extends string>(name: Name) => sqlite.integer(name).primaryKey(),
  /** Segments are partitions on Postgres: their tables have this column, and their keys have it too. */
  partition: () => ({}),
  rowIdInSegment: <Name extends string>(name: Name) => sqlite.integer(name).primaryKey(),
  rowIdKey: (_table: { id: Column }) => [] as ReturnType<typeof sqlite.primaryKey>[],
  keyInSegment: (_table: object, ...columns: [Column, ...Column[]]) => sqlite.primaryKey({ columns }),
  uniqueInSegment: (name: string, _table: object, ...columns: [Column, ...Column[]]) =>
    sqlite.uniqueIndex(name).on(...columns),
  notNull: (column: Column) => sql`${column} is not null`,
  isZero: (column: Column) => sql`${column} = 0`,
  /** In an index: null before everything else, which is SQLite's own order. */
  nullsFirst: (column: Column) => column as Column | SQL,
};

export type ColumnKit = typeof sqliteKit;

type PgColumn = pg.AnyPgColumn;
type Partitioned = { segment_id: PgColumn };

const bytea = pg.customType<{ data: Buffer }>({ dataType: () => 'bytea' });
const countedUp = (name: string) => pg.bigint(name, { mode: 'number' }).generatedAlwaysAsIdentity();

/** Typed as the SQLite kit: both give rows of the same shape, and Kysely sees one schema. */
export const postgresKit = {
  table: pg.pgTable,
  index: pg.index,
  uniqueIndex: pg.uniqueIndex,
  text: (name: string) => pg.text(name),
  integer: (name: string) => pg.bigint(name, { mode: 'number' }),
  real: (name: string) => pg.doublePrecision(name),
  bytes: (name: string) => bytea(name),
  rowId: (name: string) => countedUp(name).primaryKey(),
  partition: () => ({ segment_id: pg.bigint('segment_id', { mode: 'number' }).notNull() }),
  rowIdInSegment: (name: string) => countedUp(name).notNull(),
  rowIdKey: (t: Partitioned & { id: PgColumn }) => [pg.primaryKey({ columns: [t.id, t.segment_id] })],
  keyInSegment: (t: Partitioned, ...columns: PgColumn[]) =>
    pg.primaryKey({ columns: [...columns, t.segment_id] as [PgColumn] }),
  uniqueInSegment: (name: string, t: Partitioned, ...columns: [PgColumn, ...PgColumn[]]) =>
    pg.uniqueIndex(name).on(...columns, t.segment_id),
  notNull: (column: PgColumn) => sql`${column} is not null`,
  isZero: (column: PgColumn) => sql`${column} = 0`,
  nullsFirst: (column: pg.ExtraConfigColumn) => column.asc().nullsFirst(),
} as unknown as ColumnKit;
