/**
 * In: where the store is. Out: its writing side (for the writer thread) and its reading side (for the main thread).
 * The only place that knows which engine a store runs on. Loads only what its engine needs: the driver of the other one
 * would take some 10 MB in each thread.
 */
import type { Worker } from 'node:worker_threads';
import { AppError } from '../errors.ts';
import type { SegmentPlaces } from './segment-data.ts';
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
  if (engineOf(options.db) === 'postgres') {
    const { PostgresWriter } = await import('./postgres/postgres-writer.ts');
    return PostgresWriter.open(options);
  }
  const { SqliteWriter } = await import('./sqlite/sqlite-writer.ts');
  return new SqliteWriter(options);
}

/** `startThread` starts a reader thread (see {@link answerReads}). Open the writer first: it makes what is read here. */
export async function openStoreReader(db: string, startThread: () => Worker): Promise<StoreReader> {
  if (engineOf(db) === 'postgres') {
    const { PostgresReader } = await import('./postgres/postgres-reader.ts');
    return new PostgresReader(db, startThread);
  }
  const { SqliteReader } = await import('./sqlite/sqlite-reader.ts');
  return new SqliteReader(db, startThread);
}

/** What a reader thread reads a store at `place` from: a file of SQLite, or a `postgres://` URL. */
export async function openSegmentPlaces(place: string): Promise<SegmentPlaces> {
  if (engineOf(place) === 'postgres') {
    const { OpenDatabases } = await import('./postgres/postgres-segment-data.ts');
    return new OpenDatabases();
  }
  const { OpenFiles } = await import('./sqlite/open-files.ts');
  return new OpenFiles();
}
