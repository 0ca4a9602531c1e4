import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import type pg from 'pg';
import { migrationsFolder, migrationsTable, refuseNewer } from '../migrations.ts';
import { schema } from './pool.ts';
import { makeTextIndex } from './text-index.ts';

/** Any number that nobody else's application locks by chance. */
const migrationLock = 4_715_551;

/** Another process at its start holds the lock for a second or two; one that hangs must not hold up all others for ever. */
const lockTimeout = '60s';

/**
 * Brings the database to the present schema. Under a lock: drizzle's migrator takes none, and several may start at once.
 * @returns null, or why there is no text index
 * @throws {AppError} `store_unavailable` when a newer program wrote it
 */
export async function migrateDatabase(pool: pg.Pool, place: string): Promise<string | null> {
  const client = await pool.connect();
  try {
    await client.query(`SET lock_timeout = '${lockTimeout}'`);
    await client.query('SELECT pg_advisory_lock($1)', [migrationLock]);
    await makeSchema(client);
    refuseNewer('postgres', await countApplied(client), place);
    await migrate(drizzle(client), { migrationsFolder: migrationsFolder('postgres'), migrationsSchema: schema });
    return await makeTextIndex(client);
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [migrationLock]).catch(() => undefined);
    await client.query('RESET lock_timeout').catch(() => undefined);
    client.release();
  }
}

/** Looked for first: a role may use a schema that an administrator made, and not be allowed to make one. */
async function makeSchema(client: pg.ClientBase): Promise<void> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema]);
  if (rowCount === 0) await client.query(`CREATE SCHEMA ${schema}`);
}

async function countApplied(client: pg.ClientBase): Promise<number> {
  const table = `${schema}.${migrationsTable}`;
  const found = await client.query('SELECT 1 WHERE to_regclass($1) IS NOT NULL', [table]);
  if (found.rowCount === 0) return 0;
  const { rows } = await client.query<{ applied: number }>(`SELECT count(*) AS applied FROM ${table}`);
  return rows[0]!.applied;
}
