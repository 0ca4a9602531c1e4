import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import pg from 'pg';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { SearchBody } from '../../server/contract/search.ts';
import type { TaskBody } from '../../server/contract/tasks.ts';
import { expectWhole, readHistory, startBurst, type Burst } from '../helpers/burst.ts';
import { daySeconds, fillDays, tasksADay } from '../helpers/days.ts';
import { runProgram, type RunningServer } from '../helpers/server.ts';
import {
  getJson,
  patiently,
  readStatus,
  useBroker,
  usePublisher,
  useServer,
  useStore,
  untilStored,
} from '../helpers/stage.ts';
import { onEveryEngine, type TestStore } from '../helpers/stores.ts';

/** No burst's tasks are those of the days. */
const firstTask = 1_000_000;

onEveryEngine((engine) => {
  it('lets old days go in full traffic, and nobody who writes or searches notices', async () => {
    const broker = await useBroker('amqp');
    const store = await useStore(engine);
    const days = await fillDays(store, 5);
    const server = await useServer({ broker, db: store.db, args: ['--segment-tasks', '1000', '--retention', '2d'] });
    const burst = startBurst(usePublisher('amqp', broker), { tasks: 2500, seconds: 7, firstTask });
    const crowd = openCrowd(server, days.start + 5 * daySeconds);

    await vi.waitFor(async () => {
      const { retention } = (await readStatus(server)).store;
      expect(retention.last).toMatchObject({ segments: 3, reduced: 0, tasks: 3 * tasksADay, error: null });
      expect(retention.next).toBeGreaterThan(Date.now() / 1000);
    }, patiently);
    expect((await readStatus(server)).store.oldest! - days.start - 3 * daySeconds).toBeGreaterThanOrEqual(0);
    expect((await readStatus(server)).store.oldest! - days.start - 3 * daySeconds).toBeLessThan(5);
    expect(await crowd.walk()).toEqual(days.uuids(['nothing', 'nothing', 'nothing', 'all', 'all']));

    const prune = ['prune', '--db', store.db, '--retention', '4h'];
    const foreseen = await runProgram([...prune, '--dry-run', '--json']);
    expect(JSON.parse(foreseen.out)).toMatchObject({ total: { tasks: 2 * tasksADay, failures_kept: 0 } });
    expect((await crowd.walk()).length).toBe(2 * tasksADay);
    const beside = await runProgram(prune);
    if (engine === 'sqlite') {
      expect(beside).toMatchObject({ code: 3, err: expect.stringContaining('--dry-run') as string });
    } else expect(beside).toMatchObject({ code: 0, out: expect.stringContaining('2 segments as a whole') as string });

    await burst.done;
    await untilStored(server, burst.sent.length);
    expect((await readStatus(server)).store.segments).toBeGreaterThanOrEqual(engine === 'sqlite' ? 4 : 2);
    expect(await crowd.leave()).toBeGreaterThan(5);
    await server.stop();
    expect(await runProgram(prune)).toMatchObject({ code: 0, err: '' });
    await expectWhole(store, [burst]);
  });

  it('killed while it drops and rewrites, is whole after a start and leaves nothing behind', async () => {
    const broker = await useBroker('amqp');
    const store = await useStore(engine);
    const days = await fillDays(store, 6);
    const ages = ['--retention', '2d', '--retention-failures', '4d', '--retention-events', '1d'];
    const start = () => useServer({ broker, db: store.db, args: ['--segment-tasks', '1000', ...ages] });
    const publisher = usePublisher('amqp', broker);
    const bursts: Burst[] = [];
    for (const sign of ['drop', 'rewrite'] as const) {
      const sight = watchFor(store, sign);
      const server = await start();
      // Its queue is there by now: nothing may be lost from here on.
      bursts.push(startBurst(publisher, { tasks: 800, seconds: 3, firstTask: firstTask + bursts.length * 800 }));
      await Promise.race([sight, untilPruned(server, Date.now() / 1000)]);
      await server.kill();
    }
    const startedAt = Date.now() / 1000;
    const server = await start();
    const left = days.uuids(['nothing', 'nothing', 'failures', 'failures', 'all', 'all']);
    await vi.waitFor(async () => expect(await walk(server, days.start + 6 * daySeconds)).toEqual(left), patiently);
    await untilPruned(server, startedAt);
    await Promise.all(bursts.map(({ done }) => done));
    const lastDay = days.uuids(['nothing', 'nothing', 'nothing', 'nothing', 'nothing', 'all']);
    await untilStored(server, bursts.flatMap(({ sent }) => sent).length + days.events(5));
    await server.stop();

    const { events, states, counted } = await readHistory(store);
    const ofDays = new Set(left);
    expect(states.filter(({ uuid }) => ofDays.has(uuid))).toHaveLength(left.length);
    const withEvents = new Set(events.map((key) => key.split(' ')[1]!).filter((uuid) => ofDays.has(uuid)));
    expect(withEvents).toEqual(new Set(lastDay));
    expect(counted).toBe(events.length);
    expect(await runProgram(['prune', '--db', store.db, '--retention', '4h'])).toMatchObject({ code: 0, err: '' });
    await expectWhole(store, bursts);
    expect(await leftovers(store, 6)).toEqual([]);
  }, 120_000);
});

it('is copied while it is written to, and a server that starts from the copy answers the same', async () => {
  const broker = await useBroker('amqp');
  const store = await useStore('sqlite');
  const days = await fillDays(store, 2);
  const server = await useServer({ broker, db: store.db, args: ['--segment-tasks', '1000'] });
  const burst = startBurst(usePublisher('amqp', broker), { tasks: 2500, seconds: 5, firstTask });
  await untilStored(server, 2000);
  const known = (await readPages(server, 'state:SUCCESS OR state:FAILURE')).sort(byUuid);
  const copy = `${store.db}-copy`;
  onTestFinished(() => rmSync(copy, { recursive: true, force: true }));
  expect(await runProgram(['backup', copy, '--db', store.db])).toMatchObject({ code: 0, err: '' });
  expect(burst.isOver).toBe(false);

  const second = await useServer({ broker: await useBroker('amqp'), db: copy });
  const uuids = new Set(known.map(({ uuid }) => uuid));
  const copied = (await readPages(second, 'state:SUCCESS OR state:FAILURE')).filter(({ uuid }) => uuids.has(uuid));
  expect(copied.sort(byUuid)).toEqual(known);
  expect(known.length).toBeGreaterThan(2 * tasksADay);
  expect((await walk(second, days.start + 2 * daySeconds)).length).toBe(2 * tasksADay);
  await burst.done;
});

const byUuid = (a: TaskBody, b: TaskBody): number => (a.uuid < b.uuid ? -1 : 1);

/** Every task that a search finds, page by page, in the order in which they were received. */
async function readPages({ url }: RunningServer, q: string, limit = 500): Promise<TaskBody[]> {
  const tasks: TaskBody[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const asked = new URLSearchParams({ q, sort: 'received', limit: String(limit), cursor });
    const body: SearchBody = await getJson(`${url}/api/search?${asked.toString()}`);
    expect(body.partial).toBe(false);
    tasks.push(...body.tasks);
    cursor = body.next;
  }
  return tasks;
}

/** Ids of the tasks received before then (epoch seconds), the oldest first. */
async function walk(server: RunningServer, before: number): Promise<string[]> {
  const q = `received:<${new Date(before * 1000).toISOString()}`;
  return (await readPages(server, q, 40)).map(({ uuid }) => uuid);
}

/** Somebody who does nothing but search and turn pages; an answer that is an error fails the test. */
function openCrowd(server: RunningServer, before: number) {
  let isOver = false;
  let rounds = 0;
  const run = async (): Promise<void> => {
    for (; !isOver; rounds++) {
      await walk(server, before);
      await getJson(`${server.url}/api/tasks?limit=100&offset=20`);
      await getJson(`${server.url}/api/search/facets?q=state:FAILURE`);
      await getJson(`${server.url}/api/search?q=declined&limit=20`);
    }
  };
  const running = run();
  running.catch(() => undefined);
  return {
    walk: () => walk(server, before),
    leave: async () => {
      isOver = true;
      await running;
      return rounds;
    },
  };
}

/** The retention has run after `since` (epoch seconds), and did all that it had to. */
const untilPruned = (server: RunningServer, since: number) =>
  vi.waitFor(async () => {
    const { last } = (await readStatus(server)).store.retention;
    expect(last!.error).toBeNull();
    expect(last!.at).toBeGreaterThan(since);
  }, patiently);

/** Settles in the middle of it, as far as can be seen from beside. */
async function watchFor({ engine, db }: TestStore, sign: 'drop' | 'rewrite'): Promise<void> {
  const { see, close } = engine === 'sqlite' ? watchFolder(db, sign) : await watchDatabase(db, sign);
  let isOver = false;
  onTestFinished(() => void (isOver = true));
  while (!isOver && !(await see())) await sleep(2);
  await close();
}

/** By what the store notes as files to be removed, which a file that is being made is too. */
function watchFolder(folder: string, sign: 'drop' | 'rewrite') {
  const db = new Database(join(folder, 'catalog.db'), { readonly: true });
  const fact = db.prepare(`SELECT value FROM facts WHERE key = 'leftovers'`).pluck();
  const part = sign === 'drop' ? '.db' : '-1.db.new';
  return { see: () => ((fact.get() ?? '') as string).includes(part), close: () => void db.close() };
}

async function watchDatabase(url: string, sign: 'drop' | 'rewrite') {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  const pattern = sign === 'drop' ? 'dropped\\_%' : 'reduced\\_%';
  return { see: async () => (await tablesLike(client, pattern)).length > 0, close: () => client.end() };
}

/** Of segments whose id is at most `last`, which are gone: all that is still there of them. */
async function leftovers({ engine, db }: TestStore, last: number): Promise<string[]> {
  if (engine === 'sqlite') {
    const names = readdirSync(join(db, 'segments'));
    return names.filter((name) => Number.parseInt(name, 10) <= last || name.includes('.new'));
  }
  const client = new pg.Client({ connectionString: db });
  await client.connect();
  const names = await tablesLike(client, '%');
  await client.end();
  return names.filter((name) => /^(dropped|reduced)_/.test(name) || Number(/_(\d+)$/.exec(name)?.[1]) <= last);
}

async function tablesLike(client: pg.Client, pattern: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'herbarium'::regnamespace AND relkind = 'r' AND relname LIKE $1`,
    [pattern],
  );
  return rows.map(({ name }) => name);
}
