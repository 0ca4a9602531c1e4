import { PostgresDialect, SqliteDialect, MysqlDialect, type Dialect, type MysqlPool, type PostgresPool } from 'kysely';
import { AppError } from '../errors.ts';
import { maskUrl, readUrlText, UrlTextError, type UrlParts } from './url-text.ts';

/** What SQLAlchemy makes of the URL of a result backend, as far as it is the same everywhere. */
export interface DatabaseUrl {
  engine: 'postgres' | 'mysql' | 'sqlite';
  /** Fit to be shown. */
  masked: string;
  host: string;
  port: number | null;
  user: string;
  password: string;
  /** The name of a database, or the path of a file. */
  database: string;
  /** Postgres' `sslmode`, as far as it asks for TLS; `checked`: with a certificate that the system trusts. */
  tls: 'none' | 'unchecked' | 'checked';
}

const engines: Readonly<Record<string, DatabaseUrl['engine']>> = {
  postgresql: 'postgres',
  postgres: 'postgres',
  mysql: 'mysql',
  mariadb: 'mysql',
  sqlite: 'sqlite',
};

const accepted = 'Accepted are db+postgresql://, db+mysql://, db+mariadb:// and db+sqlite:///';
const mostConnections = 4;
const connectLimitMs = 5000;
const queryLimitMs = 10_000;

/** `db+postgresql+psycopg2://user:password@host/name`; the driver named after the engine is Python's. @throws {AppError} `bad_config` */
export function readDatabaseUrl(text: string): DatabaseUrl {
  const parts = readParts(text);
  const engine = engines[parts.scheme.replace(/^db\+/, '').replace(/\+.*$/, '')];
  if (engine === undefined) {
    throw new AppError('bad_config', `result_backend: '${maskUrl(text)}' is no database that is read. ${accepted}`);
  }
  const { host, port, user, password, path } = parts;
  return { engine, masked: maskUrl(text), host, port, user, password, database: path, tls: readTls(parts) };
}

function readParts(text: string): UrlParts {
  try {
    return readUrlText(text);
  } catch (error) {
    if (!(error instanceof UrlTextError)) throw error;
    throw new AppError('bad_config', `result_backend: '${maskUrl(text)}' is no URL: ${error.message}.`);
  }
}

function readTls({ query }: UrlParts): DatabaseUrl['tls'] {
  const mode = query.get('sslmode') ?? 'prefer';
  if (mode === 'require') return 'unchecked';
  return mode.startsWith('verify-') ? 'checked' : 'none';
}

/** Nothing is connected before the first query. */
export async function openDialect(url: DatabaseUrl): Promise<Dialect> {
  switch (url.engine) {
    case 'postgres':
      return new PostgresDialect({ pool: await openPostgres(url) });
    case 'mysql':
      return new MysqlDialect({ pool: await openMysql(url) });
    case 'sqlite': {
      const { default: Database } = await import('better-sqlite3');
      // Looked at when it is used: a worker may make it later.
      const database = async () => new Database(url.database, { fileMustExist: true, timeout: 0 });
      return new SqliteDialect({ database });
    }
  }
}

async function openPostgres({ host, port, user, password, database, tls }: DatabaseUrl): Promise<PostgresPool> {
  const { default: pg } = await import('pg');
  const timestamp = 1114;
  const pool = new pg.Pool({
    host: host || 'localhost',
    port: port ?? 5432,
    ...(user !== '' && { user }),
    ...(password !== '' && { password }),
    ...(database !== '' && { database }),
    ...(tls !== 'none' && { ssl: { rejectUnauthorized: tls === 'checked' } }),
    max: mostConnections,
    application_name: 'herbarium',
    connectionTimeoutMillis: connectLimitMs,
    query_timeout: queryLimitMs,
    types: {
      // A time without a zone is UTC here, and the driver would take it for local.
      getTypeParser: (oid: number, format?: 'text' | 'binary'): unknown =>
        oid === timestamp ? String : pg.types.getTypeParser(oid, format),
    },
  });
  // A connection that breaks is opened anew by the next query; what nobody listens to ends the process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => void client.on('error', () => undefined));
  return pool;
}

async function openMysql({ host, port, user, password, database }: DatabaseUrl): Promise<MysqlPool> {
  const { createPool } = await import('mysql2');
  return createPool({
    host: host || 'localhost',
    port: port ?? 3306,
    user,
    password,
    database,
    connectionLimit: mostConnections,
    connectTimeout: connectLimitMs,
    dateStrings: true,
  });
}
