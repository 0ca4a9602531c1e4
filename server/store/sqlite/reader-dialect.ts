import {
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
} from 'kysely';
import type { ReaderPool } from '../reader-pool.ts';

/** A Kysely dialect that reads one SQLite file through the reader threads. It has no transactions and no writes. */
export function readerDialect(pool: ReaderPool, file: string): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new ReaderDriver(pool, file),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

class ReaderDriver implements Driver {
  readonly #connection: DatabaseConnection;

  constructor(pool: ReaderPool, file: string) {
    this.#connection = {
      async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
        return { rows: (await pool.read(file, sql, parameters)) as Row[] };
      },
      // eslint-disable-next-line require-yield -- Kysely's interface wants a generator; this one only refuses.
      async *streamQuery() {
        throw new Error('A reader answers whole results: page by key instead of streaming.');
      },
    };
  }

  async init(): Promise<void> {}
  async destroy(): Promise<void> {}
  async releaseConnection(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection;
  }

  async beginTransaction(): Promise<void> {
    throw new Error('A reader has no transactions.');
  }
  async commitTransaction(): Promise<void> {}
  async rollbackTransaction(): Promise<void> {}
}
