/**
 * Generates the next migration of each home of the schema: `npm run db:generate -- --name what_changed`; with
 * `--custom sqlite-segment,postgres` an empty one in these homes, to be filled in by hand with what is no table.
 * drizzle-kit cannot say three things that we need, so they are added to what it wrote: tables clustered by their key
 * on SQLite (`WITHOUT ROWID`), tables partitioned by segment on Postgres, and text in the order of its bytes there.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pathToFileURL } from 'node:url';
import { partitioned } from '../server/store/postgres/statements.ts';

const additions: Record<string, { tables: readonly string[]; clause: string }> = {
  'sqlite-catalog': { tables: [], clause: '' },
  'sqlite-segment': {
    tables: ['task_events', 'other_events', 'coverage', 'column_zones', 'dictionary'],
    clause: ' WITHOUT ROWID',
  },
  postgres: { tables: partitioned, clause: ' PARTITION BY LIST ("segment_id")' },
};

/** Orders text by its bytes, as SQLite does, whatever the database's locale. */
export function withBinaryOrder(sql: string): string {
  return sql.replace(/^(\t"\w+" text)\b/gm, '$1 COLLATE "C"');
}

/** The SQL of a migration with the clause added to each `CREATE TABLE` of the given tables. */
export function withClause(sql: string, tables: readonly string[], clause: string): string {
  return sql.replace(/(CREATE TABLE [`"](\w+)[`"] \([\s\S]*?\n\));/g, (statement, body: string, table: string) =>
    tables.includes(table) ? `${body}${clause};` : statement,
  );
}

function generate(home: string, name: string, ...flags: string[]): void {
  const folder = join('migrations', home);
  const before = new Set(listSql(folder));
  const { status } = spawnSync('npx', ['drizzle-kit', 'generate', '--name', name, ...flags], {
    stdio: 'inherit',
    env: { ...process.env, SCHEMA: home },
  });
  if (status !== 0) throw new Error(`drizzle-kit failed for ${home}`);
  const { tables, clause } = additions[home]!;
  for (const file of listSql(folder).filter((file) => !before.has(file))) {
    const path = join(folder, file);
    const sql = withClause(readFileSync(path, 'utf8'), tables, clause);
    writeFileSync(path, home === 'postgres' ? withBinaryOrder(sql) : sql);
  }
}

function listSql(folder: string): string[] {
  try {
    return readdirSync(folder).filter((file) => file.endsWith('.sql'));
  } catch {
    return [];
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({ options: { name: { type: 'string' }, custom: { type: 'string' } } });
  if (!values.name) throw new Error('Say what changed: npm run db:generate -- --name what_changed');
  const homes = values.custom?.split(',') ?? Object.keys(additions);
  for (const home of homes) generate(home, values.name, ...(values.custom ? ['--custom'] : []));
}
