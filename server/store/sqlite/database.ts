import Database from 'better-sqlite3';

export type { Database } from 'better-sqlite3';

/**
 * WAL with a checkpoint every 8 MB: larger ones stall a commit for up to 95 ms, smaller ones cost throughput.
 * `synchronous = FULL`: a broker's message is acknowledged after the commit, so the commit has to survive a power cut;
 * at two commits a second its fsync does not show.
 */
export function openForWriting(path: string, cacheKiB: number): Database.Database {
  const db = new Database(path);
  db.pragma('page_size = 8192');
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('wal_autocheckpoint = 1000');
  db.pragma('busy_timeout = 2000');
  db.pragma(`cache_size = -${cacheKiB}`);
  return db;
}

export function openForReading(path: string): Database.Database {
  const db = new Database(path, { readonly: true, fileMustExist: true });
  db.pragma('query_only = 1');
  db.pragma('busy_timeout = 2000');
  // With four times as much searches were no faster, as the system has the file in memory too; and ten files took 50 MB more.
  db.pragma('cache_size = -1024');
  return db;
}

/**
 * Moves what stands in the write-ahead log into the database, so that the file alone is whole, and may be copied. An empty
 * log is left as it is: to begin it anew would look like a change to all who read the file, and remember what it told.
 */
export function foldLog(db: Database.Database): void {
  const [log] = db.pragma('wal_checkpoint(PASSIVE)') as { log: number }[];
  if (log!.log > 0) db.pragma('wal_checkpoint(TRUNCATE)');
}

/**
 * Runs `body`, whose commits to `db` survive a crash of this process at once, but a power cut only with the next commit
 * outside of it: one fsync less.
 */
export function withoutSync<T>(db: Database.Database, body: () => T): T {
  db.pragma('synchronous = NORMAL');
  try {
    return body();
  } finally {
    db.pragma('synchronous = FULL');
  }
}

/** Runs `body` in a transaction over several databases: each is atomic, and none is committed when `body` throws. */
export function inTransactions<T>(databases: Iterable<Database.Database>, body: () => T): T {
  const open: Database.Database[] = [];
  try {
    for (const db of databases) {
      db.exec('BEGIN IMMEDIATE');
      open.push(db);
    }
    const result = body();
    while (open.length > 0) {
      open[0]!.exec('COMMIT');
      open.shift();
    }
    return result;
  } catch (error) {
    for (const db of open) if (db.inTransaction) db.exec('ROLLBACK');
    throw error;
  }
}
