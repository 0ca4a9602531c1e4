/** Stores of both engines, made for one test and gone after it. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { describe } from 'vitest';
import { openStoreReader, openStoreWriter } from '../../server/store/open-store.ts';
import type { Engine, StoreOptions, StoreReader, StoreWriter } from '../../server/store/store.ts';
import { openThread } from '../../server/threads/open-thread.ts';
import { readServices } from './services.ts';

/** Where one store lies; it can be opened again and again. */
export interface TestStore {
  readonly engine: Engine;
  readonly db: string;
  openWriter(options?: Partial<StoreOptions>): Promise<StoreWriter>;
  openReader(): Promise<StoreReader>;
  remove(): Promise<void>;
}

export async function makeStore(engine: Engine): Promise<TestStore> {
  const { db, remove } = engine === 'sqlite' ? makeFolder() : await makeDatabase();
  return { ...storeAt(engine, db), remove };
}

/** One that is somebody else's to remove. */
export function storeAt(engine: Engine, db: string): Omit<TestStore, 'remove'> {
  return {
    engine,
    db,
    openWriter: (options) => openStoreWriter({ db, segmentTasks: 1_000_000, segmentSeconds: 86_400, ...options }),
    openReader: () => openStoreReader(db, () => openThread('reader', {})),
  };
}

/** Runs the same tests on each engine. */
export function onEveryEngine(body: (engine: Engine) => void): void {
  describe.each(['sqlite', 'postgres'] as const)('on %s', body);
}

function makeFolder(): Pick<TestStore, 'db' | 'remove'> {
  const db = mkdtempSync(join(tmpdir(), 'herbarium-store-'));
  return { db, remove: async () => rmSync(db, { recursive: true, force: true }) };
}

async function makeDatabase(): Promise<Pick<TestStore, 'db' | 'remove'>> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const url = new URL(readServices().postgres.url);
  const admin = async (sql: string): Promise<void> => {
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    await client.query(sql);
    await client.end();
  };
  await admin(`CREATE DATABASE ${name}`);
  const db = new URL(url);
  db.pathname = `/${name}`;
  return { db: db.href, remove: () => admin(`DROP DATABASE ${name} WITH (FORCE)`) };
}
