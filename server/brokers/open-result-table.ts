/**
 * The table in which Celery keeps results (`celery.backends.database`), on Postgres, MySQL, MariaDB or SQLite.
 *
 * In: ids. Out: rows, untouched: what is pickled in them is read elsewhere, as text would be. It writes one thing only,
 * that a task was aborted. Connected with the first question; each driver is loaded by those who use it.
 */
import { Kysely, sql } from 'kysely';
import { AppError } from '../errors.ts';
import { openDialect, readDatabaseUrl } from './result-dialects.ts';

/** `date_done` is UTC, as text. */
export interface StoredRow {
  task_id: string;
  status: string;
  result: Uint8Array | null;
  date_done: string | null;
  traceback: string | null;
  name: string | null;
  worker: string | null;
  retries: number | null;
  queue: string | null;
}

/** `id` only where it is written. */
interface Tables {
  taskmeta: StoredRow & { id: number };
}

export interface ResultTable {
  /** @throws {AppError} `store_unavailable` */
  read(ids: readonly string[]): Promise<StoredRow[]>;
  /** Makes the row where there is none. @throws {AppError} `store_unavailable` */
  abort(id: string): Promise<void>;
  close(): Promise<void>;
}

export interface ResultTableOptions {
  /** Celery's `result_backend`, from `db+` on. */
  url: string;
  /** Celery's `database_table_names` and `database_table_schemas`, of which `task` is the one. */
  table?: string;
  schema?: string;
}

const idsAtOnce = 500;
/** A writer holds SQLite's lock for a moment, and nobody waits for it in the driver. */
const busyTries = 40;
const busyEveryMs = 50;

/** @throws {AppError} `bad_config` for a URL that is none, or of a database that is not read */
export function openResultTable({ url: text, table = 'celery_taskmeta', schema }: ResultTableOptions): ResultTable {
  const url = readDatabaseUrl(text);
  let opened: Promise<Kysely<Tables>> | undefined;
  const open = (): Promise<Kysely<Tables>> => {
    opened ??= openDialect(url).then((dialect) => new Kysely<Tables>({ dialect }));
    opened.catch(() => (opened = undefined));
    return opened;
  };
  const place = sql.table(schema === undefined ? table : `${schema}.${table}`);
  const run = async <T>(work: (db: Kysely<Tables>) => Promise<T>, ifMissing: () => T): Promise<T> => {
    try {
      return await patiently(async () => work(await open()));
    } catch (error) {
      if (isMissing(error)) return ifMissing();
      if (error instanceof AppError) throw error;
      const said = `The result backend ${url.masked} cannot be used now: ${toMessage(error, url.password)}`;
      throw new AppError('store_unavailable', said);
    }
  };
  return {
    read: (ids) =>
      run(
        (db) => readRows(db, place, ids),
        // The first worker that keeps a result makes it.
        () => [],
      ),
    abort: (id) =>
      run(
        (db) => writeAborted(db, place, id, url.engine === 'postgres'),
        () => {
          throw new AppError('store_unavailable', `The result backend ${url.masked} has no table of results yet.`);
        },
      ),
    close: async () => (await opened)?.destroy(),
  };
}

type Place = ReturnType<typeof sql.table>;

async function readRows(db: Kysely<Tables>, place: Place, ids: readonly string[]): Promise<StoredRow[]> {
  const rows: StoredRow[] = [];
  for (let at = 0; at < ids.length; at += idsAtOnce) {
    const some = sql.join(ids.slice(at, at + idsAtOnce));
    const found = await sql<StoredRow>`
      SELECT task_id, status, result, date_done, traceback, name, worker, retries, queue
      FROM ${place} WHERE task_id IN (${some})`.execute(db);
    rows.push(...found.rows);
  }
  return rows;
}

/** As `store_result(id, None, 'ABORTED')`: unlike in Redis, it takes the place of whatever is there. */
async function writeAborted(db: Kysely<Tables>, place: Place, id: string, hasSequence: boolean): Promise<void> {
  const update = sql`
    UPDATE ${place} SET status = 'ABORTED', result = NULL, traceback = NULL, date_done = NULL WHERE task_id = ${id}`;
  const { rows } = await sql<object>`SELECT 1 AS found FROM ${place} WHERE task_id = ${id}`.execute(db);
  if (rows.length > 0) {
    await update.execute(db);
    return;
  }
  try {
    await insertAborted(db, place, id, hasSequence);
  } catch (error) {
    // A worker was quicker.
    if (!idTaken.has(codeOf(error))) throw error;
    await update.execute(db);
  }
}

/** Where there are sequences SQLAlchemy asks its own for ids, and the column has no default: Postgres, MariaDB since 10.3. */
async function insertAborted(db: Kysely<Tables>, place: Place, id: string, hasSequence: boolean): Promise<void> {
  const insert = hasSequence
    ? sql`INSERT INTO ${place} (id, task_id, status) VALUES (nextval('task_id_sequence'), ${id}, 'ABORTED')`
    : sql`INSERT INTO ${place} (task_id, status) VALUES (${id}, 'ABORTED')`;
  try {
    await insert.execute(db);
  } catch (error) {
    if (codeOf(error) !== 'ER_NO_DEFAULT_FOR_FIELD') throw error;
    await sql`INSERT INTO ${place} (id, task_id, status) VALUES (nextval(task_id_sequence), ${id}, 'ABORTED')`.execute(
      db,
    );
  }
}

const idTaken: ReadonlySet<string | undefined> = new Set(['23505', 'ER_DUP_ENTRY', 'SQLITE_CONSTRAINT_UNIQUE']);

async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (codeOf(error) !== 'SQLITE_BUSY' || tries >= busyTries) throw error;
      await new Promise((resolve) => setTimeout(resolve, busyEveryMs));
    }
  }
}

/** Neither the file nor the table is there yet. */
function isMissing(error: unknown): boolean {
  const code = codeOf(error);
  if (code === '42P01' || code === 'ER_NO_SUCH_TABLE' || code === 'SQLITE_CANTOPEN') return true;
  return code === 'SQLITE_ERROR' && toMessage(error, '').startsWith('no such table');
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

function toMessage(error: unknown, password: string): string {
  // With both an IPv6 and an IPv4 address tried, node joins the errors and leaves the message empty.
  const { message, code } = error as { message?: string; code?: string };
  const said = message || code || 'unknown error';
  return password === '' ? said : said.replaceAll(password, '**');
}
