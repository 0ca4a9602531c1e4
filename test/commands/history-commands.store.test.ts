import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '../../server/commands/run-command.ts';
import { openTaskQueries } from '../../server/query/tasks.ts';
import { openStoreReader, openStoreWriter } from '../../server/store/open-store.ts';
import { backUp } from '../../server/store/sqlite/backup.ts';
import type { StoreWriter } from '../../server/store/store.ts';
import { openThread } from '../../server/threads/open-thread.ts';
import { successOf, taskEvent, toBatch, uuidOf } from '../helpers/batches.ts';
import { makeFolder } from '../helpers/folders.ts';
import { makeStore, onEveryEngine, type TestStore } from '../helpers/stores.ts';

const day = 86_400;
const start = 1_700_000_000;

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const io = { stdout, stderr, env: {}, cwd: makeFolder(), signal: new AbortController().signal };
  const code = await runCommand(argv, io);
  return { code, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') };
}

/** Three days of long ago, a segment each, of two tasks, one of which failed. */
async function writeDays(writer: StoreWriter, setNow: (now: number) => void): Promise<void> {
  for (let n = 0; n < 3; n++) {
    setNow(start + n * day + 10);
    const failed = [
      taskEvent('received', uuidOf(n * 10 + 1), n * day),
      taskEvent('failed', uuidOf(n * 10 + 1), n * day),
    ];
    await writer.write(toBatch([...successOf(uuidOf(n * 10), n * day), ...failed]));
  }
}

onEveryEngine((engine) => {
  describe('herbarium prune', () => {
    let store: TestStore;
    let writer: StoreWriter;

    beforeEach(async () => {
      let now = start;
      store = await makeStore(engine);
      writer = await store.openWriter({ now: () => now });
      await writeDays(writer, (to) => (now = to));
    });
    afterEach(async () => {
      await writer.close();
      await store.remove();
    });

    it('says what would go beside a server that writes, and changes nothing', async () => {
      const { code, out } = await run('prune', '--db', store.db, '--retention', '30d', '--dry-run', '--json');
      expect(code).toBe(0);
      const { segments, total } = JSON.parse(out) as { segments: object[]; total: Record<string, number> };
      expect(segments).toMatchObject([
        { segment: 1, action: 'drop', why: 'age', tasks: 2, events: 5 },
        { segment: 2, action: 'drop', why: 'age', tasks: 2, events: 5 },
      ]);
      expect(total).toMatchObject({ tasks: 4, failures_kept: 0, events: 10 });
      expect(total['bytes']).toBeGreaterThan(0);
      const reader = await store.openReader();
      expect((await reader.totals()).tasks).toBe(6);
      await reader.close();
    });

    it('counts the failures that stay, in a table', async () => {
      const { out } = await run(
        'prune',
        '--db',
        store.db,
        '--retention',
        '30d',
        '--retention-failures',
        '5000d',
        '--dry-run',
      );
      expect(out).toMatch(/keep failures +age +1 +1 /);
      expect(out).toContain('2 tasks and');
      expect(out).toContain('2 failures would stay');
    });

    it('does it', async () => {
      if (engine === 'sqlite') await writer.close();
      const { code, out } = await run('prune', '--db', store.db, '--retention', '30d', '--json');
      expect({ code, ...JSON.parse(out) }).toMatchObject({ code: 0, segments: 2, tasks: 4, error: null });
      if (engine === 'sqlite') writer = await store.openWriter();
    });

    it('needs to be told what to keep', async () => {
      const { code, err } = await run('prune', '--db', store.db);
      expect(code).toBe(2);
      expect(err).toContain('--retention 30d');
    });
  });
});

describe('herbarium prune on SQLite', () => {
  it('leaves a store alone that a server writes to, and says what to do', async () => {
    const db = makeFolder();
    const writer = await openStoreWriter({ db, segmentTasks: 10, segmentSeconds: day });
    const { code, err } = await run('prune', '--db', db, '--retention', '30d');
    expect(code).toBe(3);
    expect(err).toContain('--dry-run');
    await writer.close();
  });

  it('makes no store where there is none', async () => {
    const db = join(makeFolder(), 'not-there');
    expect((await run('prune', '--db', db, '--retention', '30d')).code).toBe(2);
    expect(existsSync(db)).toBe(false);
  });
});

describe('herbarium backup', () => {
  it('copies a store that is being written to, and the copy can be started from', async () => {
    const db = makeFolder();
    let now = start;
    const writer = await openStoreWriter({ db, segmentTasks: 1000, segmentSeconds: day, now: () => now });
    await writeDays(writer, (to) => (now = to));
    await writer.saveSnapshot({ 'redis://x': { seenUntil: start, clean: false } });
    const target = join(makeFolder(), 'copy');
    const backup = run('backup', target, '--db', db);
    for (let n = 100; n < 120; n++) await writer.write(toBatch(successOf(uuidOf(n), 2 * day + n)));
    expect((await backup).code).toBe(0);
    await writer.close();

    const copied = await openStoreWriter({ db: target, segmentTasks: 1000, segmentSeconds: day, now: () => now });
    expect(await copied.loadSnapshot()).toEqual({ 'redis://x': { seenUntil: start, clean: false } });
    expect(copied.instanceId).toBe(writer.instanceId);
    const reader = await openStoreReader(target, () => openThread('reader', {}));
    const queries = openTaskQueries(reader);
    for (const n of [0, 1, 10, 11, 20, 21]) expect(await queries.find(uuidOf(n))).toBeDefined();
    await copied.write(toBatch(successOf(uuidOf(500), 2 * day + 5)));
    expect(await queries.find(uuidOf(500))).toBeDefined();
    await reader.close();
    await copied.close();
  });

  it('copies segments as they were when their turn came, whatever the retention does to them then', async () => {
    const db = makeFolder();
    let now = start;
    const writer = await openStoreWriter({ db, segmentTasks: 1000, segmentSeconds: day, now: () => now });
    await writeDays(writer, (to) => (now = to));
    await writer.close();
    const target = join(makeFolder(), 'copy');
    const catalog = new Database(join(db, 'catalog.db'));
    const pruneOthers = (): void => {
      if (!existsSync(join(`${target}.partial`, 'segments', '000003.db'))) return;
      catalog.exec('UPDATE segments SET generation = 1, only_failures = 1, tasks = 1 WHERE id = 1');
      catalog.exec('DELETE FROM segments WHERE id = 2');
    };
    await backUp(db, target, { onProgress: pruneOthers });
    expect(catalog.prepare('SELECT generation FROM segments').pluck().all()).toEqual([1, 0]);
    catalog.close();

    expect(existsSync(join(target, 'segments', '000002.db'))).toBe(false);
    const reader = await openStoreReader(target, () => openThread('reader', {}));
    const queries = openTaskQueries(reader);
    const found = await Promise.all([0, 1, 10, 11, 20, 21].map((n) => queries.find(uuidOf(n))));
    expect(found.map((task) => task !== undefined)).toEqual([true, true, false, false, true, true]);
    expect((await reader.storedSegments()).map(({ id, tasks }) => [id, tasks])).toEqual([
      [1, 2],
      [3, 2],
    ]);
    await reader.close();
  });

  it('writes over nothing', async () => {
    const { code, err } = await run('backup', makeFolder(), '--db', makeFolder());
    expect(code).toBe(2);
    expect(err).toContain('is there already');
  });

  it('says for Postgres what to type, without the password', async () => {
    const { code, err } = await run('backup', 'copy.dump', '--db', 'postgres://ada:hunter2@db.example/history');
    expect(code).toBe(1);
    expect(err).toContain(
      'pg_dump --format=custom --schema=herbarium --file=copy.dump postgres://ada@db.example/history',
    );
    expect(err).not.toContain('hunter2');
  });
});

it.each(['serve', 'prune'])(
  'herbarium %s beside a process that writes to the store says that it may work later',
  async (name) => {
    const store = await makeStore('sqlite');
    const writer = await store.openWriter();
    const words = name === 'serve' ? ['--address', '127.0.0.1', '--port', '0'] : ['--retention', '30d'];
    const { code, err } = await run(name, '--db', store.db, ...words);
    expect(err).toMatch(/Another process is writing|only while no server runs/);
    expect(code).toBe(3);
    await writer.close();
    await store.remove();
  },
);
