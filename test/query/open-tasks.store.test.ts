import { afterEach, beforeEach, expect, it } from 'vitest';
import { openOpenTaskQueries } from '../../server/query/open-tasks.ts';
import { openTaskQueries } from '../../server/query/tasks.ts';
import type { StoreReader, StoreWriter } from '../../server/store/store.ts';
import { successOf, taskEvent, toBatch, uuidOf } from '../helpers/batches.ts';
import { makeStore, onEveryEngine, type TestStore } from '../helpers/stores.ts';

const message = { name: 'shop.charge', args: '(1,)', kwargs: '{}' };
const inferred = (uuid: string, at: number, fields: object) =>
  taskEvent('inferred', uuid, at, { hostname: 'herbarium', clock: null, pid: null, ...fields });

onEveryEngine((engine) => {
  let store: TestStore;
  let writer: StoreWriter;
  let reader: StoreReader;

  beforeEach(async () => {
    store = await makeStore(engine);
    writer = await store.openWriter({ segmentTasks: 1000 });
    reader = await store.openReader();
  });
  afterEach(async () => {
    await reader.close();
    await writer.close();
    await store.remove();
  });

  const [pending, received, started, custom] = [uuidOf(1), uuidOf(2), uuidOf(3), uuidOf(4)];
  const [ended, lost] = [uuidOf(5), uuidOf(6)];
  const writeAll = () =>
    writer.write(
      toBatch([
        taskEvent('sent', pending, 0, { ...message, hostname: 'gen1@client' }),
        taskEvent('received', received, 1, message),
        taskEvent('received', started, 2, message),
        taskEvent('started', started, 3, { hostname: 'w2@beta' }),
        taskEvent('received', custom, 4, {}),
        taskEvent('progress', custom, 5),
        ...successOf(ended, 6),
        taskEvent('received', lost, 7, message),
        inferred(lost, 8, { source: 'lost' }),
      ]),
    );

  it('lists the tasks that have not ended, those received last first', async () => {
    await writeAll();
    const open = openOpenTaskQueries(reader);
    const ids = async (filter: Parameters<typeof open.list>[0]) => (await open.list(filter)).map(({ uuid }) => uuid);
    expect(await ids({ limit: 100, pending: true })).toEqual([lost, custom, started, received, pending]);
    expect(await ids({ limit: 2, pending: true })).toEqual([lost, custom]);
    expect(await ids({ limit: 100, pending: false, notOf: ['w1@alpha'] })).toEqual([started]);
    expect(await ids({ limit: 100, pending: false, notOf: [] })).toEqual([custom, started, received]);
    // What is lost already, however much of it there is, leaves room for what may be.
    expect(await ids({ limit: 1, pending: false, notOf: [] })).toEqual([custom]);
  });

  it('says of each what there is to ask about', async () => {
    await writeAll();
    const open = openOpenTaskQueries(reader);
    const byId = new Map((await open.find([started, custom, ended, uuidOf(99)])).map((task) => [task.uuid, task]));
    expect(byId.get(started)).toEqual({
      uuid: started,
      state: 'STARTED',
      timestamp: 1_700_000_003,
      worker: 'w2@beta',
      isNamed: true,
      isDescribed: true,
    });
    expect(byId.get(custom)).toMatchObject({ state: 'PROGRESS', isNamed: false, isDescribed: false });
    expect([...byId.keys()].sort()).toEqual([started, custom, ended].sort());
  });

  it('keeps what was inferred apart from what was observed, over a restart too', async () => {
    await writer.write(toBatch([taskEvent('started', started, 1)]));
    const told = { source: 'result', state: 'SUCCESS', result: "'kept'", name: 'shop.charge', args: '(1,)' };
    const facts = inferred(started, 2, told);
    await writer.write(toBatch([facts]));
    await writer.write(toBatch([facts]));
    const queries = openTaskQueries(reader);
    const listed = async (state: string) => {
      const pages: string[] = [];
      for await (const page of queries.list({ state, offset: 0, limit: 9 }))
        pages.push(...page.map(({ uuid }) => uuid));
      return pages;
    };
    expect(await queries.find(started)).toMatchObject({ state: 'SUCCESS', result: "'kept'", name: 'shop.charge' });
    expect((await queries.find(started))!.inferred).toEqual([
      'state',
      'timestamp',
      'succeeded',
      'name',
      'args',
      'result',
    ]);
    expect(await listed('SUCCESS')).toEqual([started]);
    expect((await queries.events(started))!.map(({ type, source }) => [type, source])).toEqual([
      ['task-started', undefined],
      ['task-inferred', 'result'],
    ]);
    await writer.close();
    writer = await store.openWriter({ segmentTasks: 1000 });
    await writer.write(toBatch([taskEvent('failed', started, 3, { exception: "E('x')", traceback: 'T' })]));
    expect(await queries.find(started)).toMatchObject({
      state: 'FAILURE',
      exception: "E('x')",
      result: null,
      succeeded: null,
    });
    expect((await queries.find(started))!.inferred).toEqual(['name', 'args']);
    expect(await listed('SUCCESS')).toEqual([]);
    expect((await reader.totals()).events).toBe(3);
  });
});
