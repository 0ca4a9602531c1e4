import { chmodSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openTaskQueries } from '../../server/query/tasks.ts';
import { openStoreWriter } from '../../server/store/open-store.ts';
import type { StoreReader, StoreWriter } from '../../server/store/store.ts';
import { successOf, taskEvent, toBatch, uuidOf } from '../helpers/batches.ts';
import { makeStore, onEveryEngine, type TestStore } from '../helpers/stores.ts';

const day = 86_400;
const start = 1_700_000_000;

onEveryEngine((engine) => {
  let store: TestStore;
  let writer: StoreWriter;
  let reader: StoreReader;
  let now: number;

  const open = () => store.openWriter({ segmentTasks: 10, segmentSeconds: day, now: () => now });

  beforeEach(async () => {
    now = start;
    store = await makeStore(engine);
    writer = await open();
    reader = await store.openReader();
  });

  afterEach(async () => {
    await reader.close();
    await writer.close();
    await store.remove();
  });

  /** Ten tasks a batch, so that each batch but the first finds a full segment. */
  const writeTasks = async (from: number, to: number): Promise<void> => {
    for (let n = from; n < to; n += 10) {
      const uuids = Array.from({ length: Math.min(10, to - n) }, (_, i) => n + i);
      await writer.write(toBatch(uuids.flatMap((i) => successOf(uuidOf(i), i))));
    }
  };

  it('begins a segment when one is full', async () => {
    await writeTasks(0, 35);
    expect(await reader.totals()).toMatchObject({ tasks: 35, events: 105, segments: 4, oldest: start });
  });

  it('begins a segment when its time is up, but none for a day without tasks', async () => {
    await writeTasks(0, 3);
    now += day;
    await writeTasks(3, 6);
    expect((await reader.totals()).segments).toBe(2);
    now += day;
    await writer.write(toBatch([]));
    now += day;
    await writer.write(toBatch([]));
    expect((await reader.totals()).segments).toBe(3);
  });

  it('keeps every task in exactly one segment, also when its events come late', async () => {
    await writer.write(toBatch(Array.from({ length: 10 }, (_, n) => successOf(uuidOf(n), n)[0]!)));
    await writeTasks(10, 30);
    await writer.close();
    writer = await open();
    await writer.write(toBatch(Array.from({ length: 10 }, (_, n) => successOf(uuidOf(n), n).slice(1)).flat()));
    expect(await reader.totals()).toMatchObject({ tasks: 30, events: 90 });
    expect(await openTaskQueries(reader).find(uuidOf(3))).toMatchObject({ state: 'SUCCESS', name: 'shop.charge' });
    expect(await openTaskQueries(reader).events(uuidOf(3))).toHaveLength(3);
  });

  it('counts an event that comes again after its segment was sealed only once', async () => {
    const heartbeat = { type: 'worker-heartbeat', hostname: 'w1', timestamp: start, clock: 1, pid: 1 };
    await writer.write(toBatch([...successOf(uuidOf(0), 0), heartbeat]));
    now += day;
    await writeTasks(1, 5);
    const again = await writer.write(toBatch([...successOf(uuidOf(0), 0), heartbeat]));
    expect(again.newEvents).toBe(0);
    expect((await reader.totals()).events).toBe(16);
  });

  it('lists a late change to an old task among the newest', async () => {
    await writer.write(toBatch([taskEvent('received', uuidOf(0), 0, { name: 'slow', args: '()', kwargs: '{}' })]));
    now += day;
    await writeTasks(1, 40);
    await writer.write(toBatch([taskEvent('failed', uuidOf(0), 1000, { exception: 'E()', traceback: 't' })]));
    const pages = openTaskQueries(reader).list({ offset: 0, limit: 3 });
    const uuids: string[] = [];
    for await (const page of pages) uuids.push(...page.map((task) => task.uuid));
    expect(uuids).toEqual([uuidOf(0), uuidOf(39), uuidOf(38)]);
  });
});

describe('on sqlite alone', () => {
  let store: TestStore;

  beforeEach(async () => {
    store = await makeStore('sqlite');
  });

  afterEach(() => store.remove());

  it('refuses a folder that another writer holds, and says so', async () => {
    const writer = await store.openWriter();
    await expect(store.openWriter()).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('Another process is writing') as string,
    });
    await writer.close();
    await (await store.openWriter()).close();
  });

  it('goes on without a segment whose file was taken away, and makes a lost filter again', async () => {
    let writer = await store.openWriter({ segmentTasks: 1 });
    for (let n = 0; n < 4; n++) await writer.write(toBatch(successOf(uuidOf(n), n)));
    await writer.close();
    const folder = join(store.db, 'segments');
    for (const file of readdirSync(folder)) {
      if (file.startsWith('000002.') || file === '000001.ids') rmSync(join(folder, file));
    }
    writer = await store.openWriter({ segmentTasks: 1 });
    const reader = await store.openReader();
    expect(await reader.totals()).toMatchObject({ tasks: 3, segments: 3 });
    expect((await writer.write(toBatch(successOf(uuidOf(0), 0)))).newEvents).toBe(0);
    await reader.close();
    await writer.close();
  });

  it('touches more old segments in one batch than it keeps open', async () => {
    const writer = await store.openWriter({ segmentTasks: 1 });
    for (let n = 0; n < 20; n++) await writer.write(toBatch([successOf(uuidOf(n), n)[0]!]));
    await writer.write(toBatch(Array.from({ length: 20 }, (_, n) => successOf(uuidOf(n), n)).flat()));
    const reader = await store.openReader();
    expect(await reader.totals()).toMatchObject({ tasks: 20, events: 60 });
    await reader.close();
    await writer.close();
  });

  it('shuts others out of a folder that it makes, and leaves one that is there as it is', async () => {
    chmodSync(store.db, 0o755);
    const made = join(store.db, 'made');
    await (await openStoreWriter({ db: made, segmentTasks: 10, segmentSeconds: day })).close();
    expect(statSync(made).mode & 0o077).toBe(0);
    expect(statSync(store.db).mode & 0o777).toBe(0o755);
  });

  it('says of a file that it is no store', async () => {
    const file = join(store.db, 'flower');
    writeFileSync(file, 'a shelf of Flower');
    await expect(openStoreWriter({ db: file, segmentTasks: 10, segmentSeconds: day })).rejects.toMatchObject({
      code: 'bad_config',
      message: expect.stringContaining('is a file, and a store is a folder') as string,
    });
  });

  it('leaves whole files behind, with nothing in their logs', async () => {
    const writer = await store.openWriter({ segmentTasks: 1 });
    const reader = await store.openReader();
    for (let n = 0; n < 3; n++) await writer.write(toBatch(successOf(uuidOf(n), n)));
    await reader.totals();
    await writer.close();
    const files = readdirSync(store.db, { recursive: true }).map((name) => join(store.db, String(name)));
    expect(files.filter((file) => file.endsWith('-wal') && statSync(file).size > 0)).toEqual([]);
    await reader.close();
  });

  it('makes a damaged filter again', async () => {
    let writer = await store.openWriter({ segmentTasks: 1 });
    for (let n = 0; n < 3; n++) await writer.write(toBatch(successOf(uuidOf(n), n)));
    await writer.close();
    writeFileSync(join(store.db, 'segments', '000001.ids'), Buffer.alloc(100));
    writer = await store.openWriter({ segmentTasks: 1 });
    expect((await writer.write(toBatch(successOf(uuidOf(0), 0)))).newEvents).toBe(0);
    await writer.close();
  });

  it('keeps each event what it was when a commit fails between two segments and is done again', async () => {
    const writer = await store.openWriter({ segmentTasks: 1 });
    const retried = taskEvent('retried', uuidOf(0), 1, { exception: 'First()', traceback: 'one' });
    await writer.write(toBatch([successOf(uuidOf(0), 0)[0]!, retried]));
    await writer.write(toBatch([successOf(uuidOf(1), 1)[0]!]));
    const failed = taskEvent('failed', uuidOf(0), 2, { exception: 'Last()', traceback: 'two' });
    const batch = toBatch([failed, ...successOf(uuidOf(1), 1).slice(1), ...successOf(uuidOf(2), 2)]);
    const exec = vi.spyOn(Database.prototype, 'exec');
    let commits = 0;
    exec.mockImplementation(function (this: Database.Database, sql: string) {
      if (sql === 'COMMIT' && ++commits === 3) throw new Error('disk I/O error');
      this.prepare(sql).run();
      return this;
    });
    await expect(writer.write(batch)).rejects.toThrow('disk I/O error');
    exec.mockRestore();
    await writer.write(batch);
    const reader = await store.openReader();
    expect(await openTaskQueries(reader).events(uuidOf(0))).toMatchObject([
      { type: 'task-received' },
      { type: 'task-retried', exception: 'First()', traceback: 'one' },
      { type: 'task-failed', exception: 'Last()', traceback: 'two' },
    ]);
    await reader.close();
    await writer.close();
  });
});
