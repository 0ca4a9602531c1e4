import { rmSync } from 'node:fs';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { SearchBody } from '../../server/contract/search.ts';
import type { TaskBody } from '../../server/contract/tasks.ts';
import { expectWhole, startBurst } from '../helpers/burst.ts';
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
import { onEveryEngine } from '../helpers/stores.ts';

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
