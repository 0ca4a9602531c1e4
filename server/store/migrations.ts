import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import { packageRoot } from '../package-root.ts';

/** Where a schema lives; each has migrations of its own. */
export type SchemaHome = 'sqlite-catalog' | 'sqlite-segment' | 'postgres';

/** Drizzle's own record of the migrations a database has had. */
export const migrationsTable = '__drizzle_migrations';

export const migrationsFolder = (home: SchemaHome): string => join(packageRoot, 'migrations', home);

/** How many migrations the schema of this program is made of. */
export function countMigrations(home: SchemaHome): number {
  return readdirSync(migrationsFolder(home)).filter((file) => file.endsWith('.sql')).length;
}

/** Drizzle passes over migrations that it does not know; an older program would write what a newer one misreads. */
export function refuseNewer(home: SchemaHome, applied: number, place: string): void {
  const known = countMigrations(home);
  if (applied <= known) return;
  throw new AppError(
    'store_unavailable',
    `${place} was written by a newer Herbarium (schema ${applied}, this one knows ${known}): use that one, or another --db.`,
  );
}
