import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import pg from 'pg';
import { expect, it, onTestFinished, vi } from 'vitest';
import { expectWhole, startBurst } from '../helpers/burst.ts';
import { usePostgres } from '../helpers/own-services.ts';
import {
  getJson,
  patiently,
  readStatus,
  untilStored,
  useBroker,
  usePublisher,
  useServer,
  useStore,
  useWire,
} from '../helpers/stage.ts';
import { storeAt } from '../helpers/stores.ts';

const lockedMs = 5000;

it.each([['catalog.db'], ['segments/000001.db']])(
  'waits while another process has locked %s of a SQLite store, and goes on by itself',
  async (file) => {
    const broker = await useBroker('amqp');
    const store = await useStore('sqlite');
    const server = await useServer({ broker, db: store.db });
    const burst = startBurst(usePublisher('amqp', broker), { tasks: 2000, seconds: 2 });
    await untilStored(server, 500);
    const other = new Database(join(store.db, file));
    onTestFinished(() => void other.close());
    other.exec('BEGIN EXCLUSIVE');
    const unlockAt = performance.now() + lockedMs;
    await vi.waitFor(async () => expect((await readStatus(server)).ingest.error).toMatch(/locked/), patiently);
    expect(server.log()).toMatch(/locked/);
    expect(Object.keys(await getJson<object>(`${server.url}/api/tasks?limit=5`))).toHaveLength(5);
    await sleep(unlockAt - performance.now());
    other.exec('ROLLBACK');
    await burst.done;
    await untilStored(server, burst.sent.length);
    await vi.waitFor(async () => expect((await readStatus(server)).ingest.error).toBeNull(), patiently);
    expect(await server.stop()).toBe(0);
    await expectWhole(store, [burst]);
  },
);

it('goes on, and doubles nothing, when Postgres ends all its connections again and again', async () => {
  const broker = await useBroker('amqp');
  const store = await useStore('postgres');
  const server = await useServer({ broker, db: store.db });
  const admin = new pg.Client({ connectionString: store.db });
  await admin.connect();
  onTestFinished(() => admin.end());
  const burst = startBurst(usePublisher('amqp', broker), { tasks: 3000, seconds: 5 });
  const ended: number[] = [];
  for (let round = 0; round < 20; round++) {
    const { rowCount } = await admin.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
    ended.push(rowCount ?? 0);
    await sleep(200);
  }
  expect(Math.max(...ended)).toBeGreaterThan(0);
  await burst.done;
  await untilStored(server, burst.sent.length);
  expect(await server.stop()).toBe(0);
  await expectWhole(store, [burst]);
});

it('answers while the way to Postgres is dead, and goes on when it is mended', async () => {
  const broker = await useBroker('amqp');
  const store = await useStore('postgres');
  const wire = await useWire(store.db);
  const server = await useServer({ broker, db: wire.url });
  const burst = startBurst(usePublisher('amqp', broker), { tasks: 2000, seconds: 2 });
  await untilStored(server, 500);
  wire.freeze();
  const { store: silent, ingest } = await readStatus(server);
  expect(silent.error).toMatch(/not answered/);
  expect(silent.events).toBeGreaterThan(0);
  expect(ingest.received).toBeGreaterThan(0);
  await burst.done;
  wire.thaw();
  wire.reset();
  await untilStored(server, burst.sent.length);
  await vi.waitFor(async () => expect((await readStatus(server)).ingest.error).toBeNull(), patiently);
  expect(await server.stop()).toBe(0);
  await expectWhole(store, [burst]);
});

it('goes on, and doubles nothing, when Postgres is killed and started again', async () => {
  const postgres = await usePostgres();
  const broker = await useBroker('amqp');
  const server = await useServer({ broker, db: postgres.url });
  const burst = startBurst(usePublisher('amqp', broker), { tasks: 3000, seconds: 6 });
  await untilStored(server, 1000);
  await postgres.kill();
  await vi.waitFor(() => expect(server.log()).toMatch(/cannot be stored/), patiently);
  expect((await fetch(`${server.url}/healthcheck`)).status).toBe(200);
  expect((await fetch(`${server.url}/api/tasks`)).status).toBe(503);
  expect((await readStatus(server)).store.error).not.toBeNull();
  await postgres.start();
  await burst.done;
  await untilStored(server, burst.sent.length);
  await vi.waitFor(async () => expect((await readStatus(server)).ingest.error).toBeNull(), patiently);
  expect(await server.stop()).toBe(0);
  await expectWhole(storeAt('postgres', postgres.url), [burst]);
});
