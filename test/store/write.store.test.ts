import { join } from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Task } from '../../server/domain/task.ts';
import { openTaskQueries } from '../../server/query/tasks.ts';
import { subjectCodes } from '../../server/store/event-row.ts';
import type { StoreReader, StoreWriter } from '../../server/store/store.ts';
import { successOf, taskEvent, toBatch, uuidOf } from '../helpers/batches.ts';
import { makeStore, onEveryEngine, type TestStore } from '../helpers/stores.ts';

onEveryEngine((engine) => {
  let store: TestStore;
  let writer: StoreWriter;
  let reader: StoreReader;

  beforeEach(async () => {
    store = await makeStore(engine);
    writer = await store.openWriter();
    reader = await store.openReader();
  });

  afterEach(async () => {
    await reader.close();
    await writer.close();
    await store.remove();
  });

  const reopen = async (): Promise<void> => {
    await writer.close();
    writer = await store.openWriter();
  };
  const allEvents = async (): Promise<number> => (await reader.totals()).events;
  const find = (uuid: string) => openTaskQueries(reader).find(uuid);

  it('keeps every field of a task over a restart', async () => {
    const uuid = uuidOf(1);
    const sent = {
      name: 'shop.charge',
      args: "('größe', 'naïve ☕ 🌸')",
      kwargs: "{'id': 7}",
      retries: 2,
      eta: '2026-11-20T10:00:00+00:00',
      expires: '2026-11-21T10:00:00+00:00',
      root_id: uuidOf(9),
      parent_id: uuid,
      queue: 'mail',
      exchange: '',
      routing_key: 'mail',
      hostname: 'gen1@host',
    };
    const { queue: _queue, exchange: _exchange, routing_key: _key, hostname: _hostname, ...received } = sent;
    const events = [
      taskEvent('sent', uuid, 0, sent),
      taskEvent('received', uuid, 1, received),
      taskEvent('started', uuid, 2),
      taskEvent('retried', uuid, 3, { exception: "Retry('x')", traceback: 'Traceback 1' }),
      taskEvent('rejected', uuid, 4, { requeue: true }),
      taskEvent('progress', uuid, 5, { percent: 40 }),
      taskEvent('revoked', uuid, 6, { terminated: true, signum: 15, expired: false }),
      taskEvent('failed', uuid, 7, { exception: "ValueError('no')", traceback: 'Traceback 2' }),
      taskEvent('succeeded', uuid, 8, { result: '5', runtime: 0.123456789 }),
    ];
    const { tasks } = await writer.write(toBatch(events));
    await reopen();
    // Joining with nothing new gives the task as it was read back.
    const again = await writer.write(toBatch([events[0]!]));
    expect(again.tasks).toEqual(tasks);
    expect(again.newEvents).toBe(0);
  });

  it('joins what comes in later batches, also out of order, and over a restart', async () => {
    const uuid = uuidOf(2);
    const [received, started, succeeded] = successOf(uuid, 0);
    await writer.write(toBatch([succeeded!]));
    await writer.write(toBatch([started!]));
    await reopen();
    await writer.write(toBatch([received!]));
    expect(await find(uuid)).toMatchObject({
      state: 'SUCCESS',
      name: 'shop.charge',
      result: "'done'",
      received: 1_700_000_000,
      started: 1_700_000_000.1,
      runtime: 0.2,
      worker: 'w1@alpha',
    });
    expect((await reader.totals()).tasks).toBe(1);
  });

  it('stores an event once, however often it comes', async () => {
    const events = successOf(uuidOf(3), 0);
    const heartbeat = {
      type: 'worker-heartbeat',
      hostname: 'w1@alpha',
      timestamp: 1_700_000_000,
      clock: 3,
      pid: 1,
      active: 2,
    };
    const first = await writer.write(toBatch([...events, ...events, heartbeat]));
    expect(first.newEvents).toBe(4);
    expect(first.counts.get('w1@alpha')).toEqual(
      new Map([
        ['task-received', 1],
        ['task-started', 1],
        ['task-succeeded', 1],
        ['worker-heartbeat', 1],
      ]),
    );
    await reopen();
    const second = await writer.write(toBatch([...events, heartbeat]));
    expect(second.newEvents).toBe(0);
    expect(await allEvents()).toBe(4);
  });

  it('stores what is new among many events that come again', async () => {
    const tasks = Array.from({ length: 40 }, (_, n) => successOf(uuidOf(n), n));
    const half = tasks.flatMap((events, n) => events.slice(0, n % 4));
    await writer.write(toBatch(half));
    const { newEvents, counts } = await writer.write(toBatch(tasks.flat()));
    expect(newEvents).toBe(120 - half.length);
    const newTypes = ['task-received', 'task-started', 'task-succeeded'].map((type) =>
      counts.get('w1@alpha')?.get(type),
    );
    expect(newTypes).toEqual([10, 20, 30]);
    expect(await allEvents()).toBe(120);
    expect((await writer.write(toBatch(tasks.flat()))).newEvents).toBe(0);
  });

  it('gives the events back as they were sent, in order', async () => {
    const uuid = uuidOf(4);
    const events = [
      taskEvent('received', uuid, 0, {
        name: 'a.b',
        args: '(1,)',
        kwargs: '{}',
        retries: 0,
        eta: null,
        expires: null,
        root_id: uuid,
        parent_id: null,
      }),
      taskEvent('started', uuid, 1, { utcoffset: -6 }),
      taskEvent('progress', uuid, 2, { pid: 77, percent: 40, note: ['x', { y: null }] }),
      taskEvent('failed', uuid, 3, { exception: 'ExceptionWithTraceback()', traceback: 'Traceback …' }),
    ];
    await writer.write(toBatch([...events].reverse()));
    const stored = await openTaskQueries(reader).events(uuid);
    expect(stored).toEqual(events);
  });

  it('keeps what an earlier event said when a later one changes the task', async () => {
    const uuid = uuidOf(5);
    const message = {
      name: 'a.first',
      args: '(1,)',
      kwargs: '{}',
      retries: 0,
      eta: null,
      expires: null,
      root_id: uuid,
      parent_id: null,
    };
    await writer.write(toBatch([taskEvent('received', uuid, 0, message)]));
    await writer.write(toBatch([taskEvent('retried', uuid, 1, { exception: 'First()', traceback: 'one' })]));
    await reopen();
    await writer.write(
      toBatch([taskEvent('received', uuid, 2, { ...message, name: 'a.second', args: '(2,)', retries: 1 })]),
    );
    await writer.write(toBatch([taskEvent('failed', uuid, 3, { exception: 'Last()', traceback: 'two' })]));
    const stored = await openTaskQueries(reader).events(uuid);
    expect(stored).toMatchObject([
      { type: 'task-received', name: 'a.first', args: '(1,)', retries: 0 },
      { type: 'task-retried', exception: 'First()', traceback: 'one' },
      { type: 'task-received', name: 'a.second', args: '(2,)', retries: 1 },
      { type: 'task-failed', exception: 'Last()', traceback: 'two' },
    ]);
  });

  it('keeps workers and the counts of their events over a restart', async () => {
    const online = {
      type: 'worker-online',
      hostname: 'w1@alpha',
      timestamp: 1_700_000_000,
      clock: 1,
      pid: 9,
      freq: 2,
      active: 0,
      processed: 4,
    };
    await writer.write(toBatch([online, ...successOf(uuidOf(6), 0)], 1_700_000_001));
    await reopen();
    await writer.write(
      toBatch([{ ...online, type: 'worker-heartbeat', timestamp: 1_700_000_002, processed: 5 }], 1_700_000_003),
    );
    expect(await reader.workers()).toMatchObject([
      {
        worker: {
          hostname: 'w1@alpha',
          pid: 9,
          freq: 2,
          processed: 5,
          firstSeen: 1_700_000_001,
          lastHeartbeat: 1_700_000_003,
        },
        counts: {
          'worker-online': 1,
          'worker-heartbeat': 1,
          'task-received': 1,
          'task-started': 1,
          'task-succeeded': 1,
        },
      },
    ]);
  });

  it('holds text that an engine could not: NUL and lone surrogates become visible', async () => {
    const uuid = uuidOf(7);
    await writer.write(toBatch([taskEvent('received', uuid, 0, { name: 'a.b', args: "('a\0b\ud800c',)" })]));
    expect((await find(uuid))?.args).toBe("('a\u2400b\ufffdc',)");
  });

  it('takes any text as a task id', async () => {
    const ids = ['daily-report', 'a', 'x'.repeat(15), 'x'.repeat(16), '👩‍🌾', uuidOf(8).toUpperCase(), 'z'.repeat(255)];
    await writer.write(toBatch(ids.flatMap((id, n) => successOf(id, n))));
    for (const id of ids) expect((await find(id))?.uuid).toBe(id);
  });

  it('keeps the snapshot, the instance id and gaps', async () => {
    const { instanceId } = writer;
    expect(await writer.loadSnapshot()).toEqual({});
    await writer.saveSnapshot({ 'redis://h': { seenUntil: 4, clean: false } });
    await writer.saveSnapshot({ 'redis://h': { seenUntil: 5, clean: true } });
    await writer.saveGap({ from: 1, to: null, broker: 'redis://h', why: 'disconnected' });
    await writer.saveGap({ from: 1, to: 3, broker: 'redis://h', why: 'disconnected' });
    await writer.saveGap({ from: 9, to: 10, broker: 'redis://h', why: 'crashed' });
    await reopen();
    expect(writer.instanceId).toBe(instanceId);
    expect(await writer.loadSnapshot()).toEqual({ 'redis://h': { seenUntil: 5, clean: true } });
    expect(await reader.gaps(10)).toEqual([
      { from: 9, to: 10, broker: 'redis://h', why: 'crashed' },
      { from: 1, to: 3, broker: 'redis://h', why: 'disconnected' },
    ]);
  });

  it('keeps rejected messages, the newest thousand', async () => {
    const reject = (at: number) => ({
      at,
      broker: 'b',
      reason: 'r',
      routingKey: 'k',
      contentType: null,
      excerpt: `e${at}`,
    });
    const rejects = Array.from({ length: 1005 }, (_, at) => reject(at));
    await writer.write({ ...toBatch([]), rejects });
    const rows = await reader.catalog.selectFrom('rejects').select('excerpt').orderBy('at').execute();
    expect(rows.length).toBe(1000);
    expect(rows[0]?.excerpt).toBe('e5');
  });

  it('says what a commit changed, as it is now', async () => {
    const events = successOf(uuidOf(10), 0);
    await writer.write(toBatch(events.slice(0, 1)));
    const { tasks, workers } = await writer.write(toBatch(events.slice(1)));
    expect(tasks).toMatchObject([
      { uuid: uuidOf(10), state: 'SUCCESS', name: 'shop.charge' },
    ] satisfies Partial<Task>[]);
    expect(workers).toMatchObject([{ hostname: 'w1@alpha' }]);
  });

  it('refuses a store that a newer program wrote', async () => {
    await writer.close();
    await addMigration(store);
    await expect(store.openWriter()).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('was written by a newer Herbarium') as string,
    });
    writer = { close: async () => undefined } as StoreWriter;
  });
});

it('on SQLite goes on with the words of an older program in a file that has them, and stores no event twice', async () => {
  const store = await makeStore('sqlite');
  const path = join(store.db, 'segments', '000001.db');
  const subjects = (): unknown[] => {
    const file = new Database(path);
    const found = file.prepare('SELECT DISTINCT subject FROM task_events ORDER BY subject').pluck().all();
    file.close();
    return found;
  };
  const events = successOf(uuidOf(1), 0);
  let writer = await store.openWriter();
  await writer.write(toBatch(events));
  await writer.close();
  expect(subjects().map(String).join('')).toHaveLength(events.length);
  const file = new Database(path);
  for (const [subject, code] of subjectCodes) {
    file.prepare('UPDATE task_events SET subject = ? WHERE subject = ?').run(subject, code);
  }
  file.close();
  writer = await store.openWriter();
  expect((await writer.write(toBatch(events))).newEvents).toBe(0);
  expect((await writer.write(toBatch([...events, taskEvent('retried', uuidOf(1), 9)]))).newEvents).toBe(1);
  await writer.close();
  expect(subjects()).toEqual(['received', 'retried', 'started', 'succeeded']);
  await store.remove();
});

it('on Postgres keeps the marks of all processes that share it, each at its furthest', async () => {
  const store = await makeStore('postgres');
  const [writer, other] = [await store.openWriter(), await store.openWriter()];
  await writer.saveSnapshot({ 'redis://a': { seenUntil: 10, clean: false } });
  await other.saveSnapshot({ 'redis://a': { seenUntil: 9, clean: true }, 'redis://b': { seenUntil: 7, clean: true } });
  expect(await writer.loadSnapshot()).toEqual({
    'redis://a': { seenUntil: 10, clean: false },
    'redis://b': { seenUntil: 7, clean: true },
  });
  await writer.close();
  await other.close();
  await store.remove();
});

/** As a later version of the program would. */
async function addMigration({ engine, db }: TestStore): Promise<void> {
  const insert = `INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('later', 9999999999999)`;
  if (engine === 'sqlite') {
    const catalog = new Database(join(db, 'catalog.db'));
    catalog.exec(insert);
    catalog.close();
    return;
  }
  const client = new pg.Client({ connectionString: db, options: '-c search_path=herbarium' });
  await client.connect();
  await client.query(insert);
  await client.end();
}
