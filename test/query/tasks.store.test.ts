import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TaskBody, TaskSortKey } from '../../server/contract/tasks.ts';
import type { TaskQueries, TaskQuery } from '../../server/query/queries.ts';
import { openTaskQueries } from '../../server/query/tasks.ts';
import type { StoreReader, StoreWriter } from '../../server/store/store.ts';
import { successOf, taskEvent, toBatch, uuidOf } from '../helpers/batches.ts';
import { makeStore, onEveryEngine, type TestStore } from '../helpers/stores.ts';

const start = 1_700_000_000;
const names = ['shop.charge', 'shop.mail', 'Shop.upper', 'tasks.über', '任务.中文', '🌸.bloom'];

onEveryEngine((engine) => {
  let store: TestStore;
  let writer: StoreWriter;
  let reader: StoreReader;
  let tasks: TaskQueries;

  /** 60 tasks over six segments; each tenth was only sent, each seventh fails. */
  beforeAll(async () => {
    store = await makeStore(engine);
    writer = await store.openWriter({ segmentTasks: 10 });
    for (let n = 0; n < 60; n++) await writer.write(toBatch(eventsOf(n)));
    reader = await store.openReader();
    tasks = openTaskQueries(reader);
  });

  afterAll(async () => {
    await reader.close();
    await writer.close();
    await store.remove();
  });

  const list = async (query: Partial<TaskQuery> = {}): Promise<TaskBody[]> => {
    const all: TaskBody[] = [];
    for await (const chunk of tasks.list({ offset: 0, limit: 1000, ...query })) all.push(...chunk);
    return all;
  };

  it('lists newest first', async () => {
    const all = await list();
    expect(all).toHaveLength(60);
    const times = all.map((task) => task.timestamp!);
    expect(times).toEqual([...times].sort((a, b) => b - a));
  });

  it.each(['name', 'state', 'received', 'started'] satisfies TaskSortKey[])(
    'sorts by %s both ways, unknown ones last',
    async (key) => {
      // One that was only sent has its place among the received, by when it was sent.
      const valueOf = (task: TaskBody) => (key === 'received' ? (task.received ?? task.sent) : task[key]);
      const up = (await list({ sort: { key, descending: false } })).map(valueOf);
      const down = (await list({ sort: { key, descending: true } })).map(valueOf);
      expect(up).toEqual(nullsLast([...up].sort(byBytes)));
      expect(down).toEqual([...down].sort((a, b) => byBytes(b, a)));
      expect(new Set(up)).toEqual(new Set(down));
    },
  );

  it('pages without missing or repeating a task', async () => {
    for (const key of ['name', 'received'] satisfies TaskSortKey[]) {
      const sort = { key, descending: true };
      const whole = (await list({ sort })).map((task) => task.uuid);
      const paged: string[] = [];
      for (let offset = 0; offset < 60; offset += 7) {
        paged.push(...(await list({ sort, offset, limit: 7 })).map((task) => task.uuid));
      }
      expect(paged).toEqual(whole);
    }
    expect(await list({ offset: 60 })).toEqual([]);
    expect(await list({ limit: 0 })).toEqual([]);
  });

  it('filters by name, state, worker and times, also together', async () => {
    expect((await list({ name: '任务.中文' })).every((task) => task.name === '任务.中文')).toBe(true);
    expect(await list({ name: '任务.中文' })).toHaveLength(10);
    expect(await list({ state: 'FAILURE' })).toHaveLength(9);
    expect(await list({ state: 'failure' })).toHaveLength(0);
    expect(await list({ worker: 'w2@beta' })).toHaveLength(30);
    expect(await list({ receivedFrom: start + 10, receivedTo: start + 19 })).toHaveLength(10);
    expect(await list({ startedFrom: start + 58 })).toHaveLength(2);
    expect(await list({ state: 'FAILURE', worker: 'w2@beta', receivedFrom: start + 20 })).toHaveLength(3);
    expect(await list({ name: "'; DROP TABLE tasks; --" })).toEqual([]);
  });

  it('gives one task in the form of the API, with the tasks it called', async () => {
    await writer.write(toBatch(successOf(uuidOf(101), 200, { root_id: uuidOf(1), parent_id: uuidOf(1) })));
    await writer.write(toBatch(successOf(uuidOf(102), 201, { root_id: uuidOf(1), parent_id: uuidOf(1) })));
    const task = await tasks.find(uuidOf(1));
    expect(task).toMatchObject({
      uuid: uuidOf(1),
      root_id: uuidOf(1),
      parent_id: null,
      children: [uuidOf(101), uuidOf(102)],
    });
    expect(await tasks.find(uuidOf(102))).toMatchObject({ parent: uuidOf(1), parent_id: uuidOf(1), children: [] });
    expect(await tasks.find('never-seen')).toBeUndefined();
    expect(await tasks.events('never-seen')).toBeUndefined();
  });

  it('does not make a retried task, its own parent to Celery, its own child', async () => {
    await writer.write(toBatch(successOf(uuidOf(103), 202, { parent_id: uuidOf(103), retries: 1 })));
    expect(await tasks.find(uuidOf(103))).toMatchObject({ parent_id: uuidOf(103), children: [] });
  });

  it('lists the names of all tasks, sorted', async () => {
    expect(await tasks.types()).toEqual([...names].sort(byBytes));
  });
});

function eventsOf(n: number) {
  const uuid = uuidOf(n);
  const name = names[n % names.length]!;
  const hostname = n % 2 ? 'w1@alpha' : 'w2@beta';
  if (n % 10 === 3) return [taskEvent('sent', uuid, n, { name, hostname: 'gen1@host', args: '()', kwargs: '{}' })];
  const events = successOf(uuid, n, { name }).map((event) => ({ ...event, hostname }));
  if (n % 7) return events;
  return [
    ...events.slice(0, 2),
    { ...taskEvent('failed', uuid, n + 0.5, { exception: 'E()', traceback: 't' }), hostname },
  ];
}

function byBytes(a: string | number | null, b: string | number | null): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? -1 : 1;
  if (typeof a === 'number') return a - Number(b);
  return Buffer.compare(Buffer.from(a), Buffer.from(String(b)));
}

function nullsLast<T>(values: T[]): T[] {
  return [...values.filter((value) => value !== null), ...values.filter((value) => value === null)];
}
