import { join } from 'node:path';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import type pg from 'pg';
import { packageRoot } from '../../package-root.ts';
import { schema } from './pool.ts';
import { makeTextIndex } from './text-index.ts';

/** Any number that nobody else's application locks by chance. */
const migrationLock = 4_715_551;

/**
 * Brings the database to the present schema. Under a lock: drizzle's migrator takes none, and several may start at once.
 * @returns null, or why there is no text index
 */
export async function migrateDatabase(pool: pg.Pool): Promise<string | null> {
  const client = await pool.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [migrationLock]);
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
    const migrationsFolder = join(packageRoot, 'migrations', 'postgres');
    await migrate(drizzle(client), { migrationsFolder, migrationsSchema: schema });
    return await makeTextIndex(client);
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [migrationLock]).catch(() => undefined);
    client.release();
  }
}
