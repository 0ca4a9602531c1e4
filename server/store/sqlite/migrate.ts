import { drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { countMigrations, migrationsFolder, migrationsTable, refuseNewer, type SchemaHome } from '../migrations.ts';
import type { Database } from './database.ts';

/**
 * Brings a database file to the present schema. Each migration is one transaction, so a crash leaves a whole one.
 * @throws {AppError} `store_unavailable` when a newer program wrote it
 */
export function migrateFile(db: Database, home: Exclude<SchemaHome, 'postgres'>): void {
  refuseNewer(home, countApplied(db), db.name);
  migrate(drizzle(db), { migrationsFolder: migrationsFolder(home) });
}

function countApplied(db: Database): number {
  const isThere = db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").get(migrationsTable);
  if (!isThere) return 0;
  return (db.prepare(`SELECT count(*) AS applied FROM ${migrationsTable}`).get() as { applied: number }).applied;
}

/** How many migrations a segment of the present schema has had: tells which files need to be opened for one. */
export const segmentSchema = (): number => countMigrations('sqlite-segment');
