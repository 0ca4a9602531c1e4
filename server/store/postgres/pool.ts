import pg from 'pg';
import { AppError } from '../../errors.ts';

/** Everything of ours lies in this schema, so that a database can be shared with an application's own tables. */
export const schema = 'herbarium';

/** Held for a batch's transaction: of several ingesters one writes at a time, so that halves of a task are joined. */
export const batchLock = 4_715_552;

/** Held by the one process that prunes. */
export const pruneLock = 4_715_553;

const int8 = 20;
const numeric = 1700;

/** `bigint` and sums come as numbers, not as text: ours are ids, counts and clocks, all far below 2^53. */
const types: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary'): unknown {
    return oid === int8 || oid === numeric ? Number : pg.types.getTypeParser(oid, format);
  },
};

/**
 * A broker forgets what is acknowledged, and we acknowledge after the commit: so a commit must be on disk even where the
 * server is set to answer earlier. Stricter settings stay. Compiling a search takes longer than what it is for.
 */
const openSession = `SELECT set_config('search_path', $1, false),
  set_config('synchronous_commit', replace(current_setting('synchronous_commit'), 'off', 'on'), false),
  set_config('jit', 'off', false)`;

/** `limits`: timeouts, in milliseconds. `byIndex`: never reads a whole table where an index serves. */
export function openPool(url: string, max: number, limits: Partial<pg.PoolConfig>, byIndex = false): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    types,
    application_name: 'herbarium',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    ...limits,
    // It waits for the promise, though its type does not say so.
    // eslint-disable-next-line @typescript-eslint/no-misused-promises
    onConnect: async (client) => {
      await client.query(openSession, [schema]);
      if (byIndex) await client.query('SET enable_seqscan = off');
    },
  });
  // A connection that breaks (the server restarts, the network is cut) is not an error of ours: its query fails, and the
  // next one gets a new connection. The pool only listens to idle ones, and what nobody listens to ends the process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => void client.on('error', () => undefined));
  return pool;
}

/** Nothing came back within `query_timeout`: the connection is dead, or as good as dead, and must not be used again. */
export function isSilence(error: unknown): boolean {
  return error instanceof Error && error.message === 'Query read timeout';
}

/** Host and database of a URL, for messages: never its password. */
export function describeUrl(url: string): string {
  try {
    const { hostname, port, pathname } = new URL(url);
    return `${hostname || 'localhost'}${port && `:${port}`}${pathname}`;
  } catch {
    return 'the given database';
  }
}

export function toUnavailable(url: string, error: unknown): AppError {
  const { message, code } = error as { message?: string; code?: string };
  // With both an IPv6 and an IPv4 address tried, node joins the errors and leaves the message empty.
  return new AppError(
    'store_unavailable',
    `Postgres at ${describeUrl(url)} cannot be used: ${message || code || 'unknown error'}`,
  );
}
