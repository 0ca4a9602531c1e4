import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import pg from 'pg';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { expectLossOnlyIn, expectWhole, startBurst } from '../helpers/burst.ts';
import type { RunningServer } from '../helpers/server.ts';
import {
  patiently,
  readStatus,
  untilStored,
  useBroker,
  usePublisher,
  useServer,
  useStore,
  useWire,
} from '../helpers/stage.ts';
import type { TestStore } from '../helpers/stores.ts';

/** A service manager kills what has not ended after some time, systemd after 90 s, Docker and Kubernetes after 10 to 30. */
async function expectEnd(server: RunningServer): Promise<void> {
  const beganMs = performance.now();
  expect(await server.stop()).toBe(0);
  expect(performance.now() - beganMs).toBeLessThan(15_000);
}

describe.each(['redis', 'amqp'] as const)('asked to stop under load, on %s', (kind) => {
  it('stores what has come in and ends; the next start goes on from there', async () => {
    const broker = await useBroker(kind);
    const store = await useStore();
    const first = await useServer({ broker, db: store.db });
    const burst = startBurst(usePublisher(kind, broker), { tasks: 8000, seconds: 6 });
    await untilStored(first, 5000);
    const askedAt = Date.now() / 1000;
    await expectEnd(first);
    const goneAt = Date.now() / 1000;
    const second = await useServer({ broker, db: store.db });
    await burst.done;
    if (kind === 'amqp') {
      await untilStored(second, burst.sent.length);
      await expectEnd(second);
      await expectWhole(store, [burst]);
      return;
    }
    await sleep(1500);
    const { gaps } = await readStatus(second);
    await expectEnd(second);
    expect(gaps).toMatchObject([{ why: 'stopped' }]);
    // All that came before it was asked to stop is stored.
    expect(gaps[0]!.from).toBeGreaterThanOrEqual(askedAt);
    expect(gaps[0]!.from).toBeLessThanOrEqual(goneAt);
    await expectLossOnlyIn(gaps, store, burst);
  });
});

/** In a burst, when `block` has seen to it that nothing can be stored; all must be there after what it returns. */
async function expectEndWhile(store: TestStore, block: () => unknown, unblock: () => unknown, db = store.db) {
  const broker = await useBroker('amqp');
  const server = await useServer({ broker, db });
  const burst = startBurst(usePublisher('amqp', broker), { tasks: 1000, seconds: 1 });
  await untilStored(server, 500);
  await block();
  await burst.done;
  await expectEnd(server);
  await unblock();
  const next = await useServer({ broker, db: store.db });
  await untilStored(next, burst.sent.length);
  await expectEnd(next);
  await expectWhole(store, [burst]);
}

describe('asked to stop while it cannot store, ends in bounded time, and loses nothing of what RabbitMQ keeps', () => {
  it('because another process has locked the SQLite store', async () => {
    const store = await useStore();
    const lock = () => {
      const other = new Database(join(store.db, 'segments/000001.db'));
      onTestFinished(() => void other.close());
      other.exec('BEGIN EXCLUSIVE');
      unlock = () => other.exec('ROLLBACK');
    };
    let unlock = (): unknown => undefined;
    await expectEndWhile(store, lock, () => unlock());
  });

  it('because Postgres waits for a lock of somebody else', async () => {
    const store = await useStore('postgres');
    const other = new pg.Client({ connectionString: store.db });
    await other.connect();
    onTestFinished(() => other.end());
    await expectEndWhile(
      store,
      () => other.query('BEGIN; LOCK TABLE herbarium.tasks IN ACCESS EXCLUSIVE MODE'),
      () => other.query('ROLLBACK'),
    );
  });

  it('because the way to Postgres is dead', async () => {
    const store = await useStore('postgres');
    const wire = await useWire(store.db);
    await expectEndWhile(
      store,
      () => wire.freeze(),
      () => wire.reset(),
      wire.url,
    );
  });
});

it('asked twice, ends at once, whatever its threads are at', async () => {
  const broker = await useBroker('redis');
  const store = await useStore();
  const server = await useServer({ broker, db: store.db });
  const other = new Database(join(store.db, 'segments/000001.db'));
  onTestFinished(() => void other.close());
  other.exec('BEGIN EXCLUSIVE');
  await startBurst(usePublisher('redis', broker), { tasks: 100, seconds: 0 }).done;
  await vi.waitFor(async () => expect((await readStatus(server)).ingest.error).toMatch(/locked/), patiently);
  process.kill(server.pid, 'SIGTERM');
  await vi.waitFor(() => expect(server.log()).toMatch(/SIGTERM: storing what has come in/), patiently);
  expect(await server.stop(), 'ended by the signal, not by a code').toBeNull();
  expect(server.log()).not.toMatch(/FATAL|stack trace/);
});

it.each(['redis', 'amqp'] as const)('ends in bounded time while the way to %s is dead', async (kind) => {
  const broker = await useBroker(kind);
  const wire = await useWire(broker);
  const store = await useStore();
  const server = await useServer({ broker: wire.url, db: store.db });
  onTestFinished(() => void wire.reset());
  wire.freeze();
  await expectEnd(server);
});
