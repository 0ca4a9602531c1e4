/**
 * In: where the store is. Out: its writing side (for the writer thread) and its reading side (for the main thread).
 * The only place that knows which engine a store runs on.
 */
import type { Worker } from 'node:worker_threads';
import { AppError } from '../errors.ts';
import { PostgresReader } from './postgres/postgres-reader.ts';
import { PostgresWriter } from './postgres/postgres-writer.ts';
import { SqliteReader } from './sqlite/sqlite-reader.ts';
import { SqliteWriter } from './sqlite/sqlite-writer.ts';
import type { Engine, StoreOptions, StoreReader, StoreWriter } from './store.ts';

export function engineOf(db: string): Engine {
  if (/^postgres(ql)?:\/\//.test(db)) return 'postgres';
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//.exec(db)?.[1];
  if (scheme)
    throw new AppError('bad_config', `A store cannot be opened at ${scheme}://: give a folder or a postgres:// URL.`);
  return 'sqlite';
}

/** Brings the store to the present schema first. Rejects with `store_unavailable` when it cannot be had. */
export async function openStoreWriter(options: StoreOptions): Promise<StoreWriter> {
  return engineOf(options.db) === 'postgres' ? PostgresWriter.open(options) : new SqliteWriter(options);
}

/** `startThread` starts a reader thread; needed for SQLite only. Open the writer first: it makes what is read here. */
export function openStoreReader(db: string, startThread: () => Worker): StoreReader {
  return engineOf(db) === 'postgres' ? new PostgresReader(db) : new SqliteReader(db, startThread);
}
