import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { packageRoot } from '../../package-root.ts';
import type { Database } from './database.ts';

type Home = 'sqlite-catalog' | 'sqlite-segment';

const folderOf = (home: Home): string => join(packageRoot, 'migrations', home);

/** Brings a database file to the present schema. Each migration is one transaction, so a crash leaves a whole one. */
export function migrateFile(db: Database, home: Home): void {
  migrate(drizzle(db), { migrationsFolder: folderOf(home) });
}

/** How many migrations a segment of the present schema has had: tells which files need to be opened for one. */
export function segmentSchema(): number {
  return readdirSync(folderOf('sqlite-segment')).filter((file) => file.endsWith('.sql')).length;
}
