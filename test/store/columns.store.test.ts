import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { TaskEvent } from '../../server/celery/event.ts';
import { blockRows } from '../../server/store/columns.ts';
import type { StoreWriter } from '../../server/store/store.ts';
import { taskEvent as arbitraryEvent } from '../helpers/arbitrary-events.ts';
import { successOf, taskEvent, toBatch, uuidOf } from '../helpers/batches.ts';
import { makeStore, onEveryEngine, type TestStore } from '../helpers/stores.ts';
import {
  breakCommits,
  countStoredBlocks,
  expectColumnsOfRows,
  mendCommits,
  readStored,
  removeColumns,
} from '../helpers/stored-columns.ts';

const start = 1_700_000_000;
const day = 86_400;

/** Some of the odd events that there may be, of a few tasks, in any order. */
const oddEvents = (seed: number, count: number): TaskEvent[] =>
  fc
    .sample(fc.tuple(arbitraryEvent, fc.integer({ min: 0, max: 39 })), { seed, numRuns: count })
    .map(([event, n]) => ({ ...event, uuid: uuidOf(n) }))
    .filter(({ timestamp }) => Number.isFinite(timestamp));

onEveryEngine((engine) => {
  let store: TestStore;
  let writer: StoreWriter;
  let now: number;
  let segmentTasks: number;

  const open = () => store.openWriter({ segmentTasks, segmentSeconds: day, now: () => now });
  const reopen = async (): Promise<void> => {
    await writer.close();
    writer = await open();
  };

  beforeEach(async () => {
    now = start;
    segmentTasks = 1_000_000;
    store = await makeStore(engine);
    writer = await open();
  });

  afterEach(async () => {
    await writer.close();
    await store.remove();
  });

  it('say what the rows say, whatever comes in whichever order, twice, late, and into which segment', async () => {
    segmentTasks = 15;
    await reopen();
    for (let seed = 1; seed <= 12; seed++) {
      const events = oddEvents(seed, 60);
      await writer.write(toBatch(events));
      if (seed % 3 === 0) await writer.write(toBatch(oddEvents(seed - 2, 60).reverse()));
      if (seed % 4 === 0) await reopen();
    }
    expect(await expectColumnsOfRows(store)).toBe(40);
  });

  it('go on over blocks, with tasks that are open for long', async () => {
    const count = 2.5 * blockRows;
    const all = Array.from({ length: count }, (_, n) => successOf(uuidOf(n), n / 10, { name: `shop.task-${n % 300}` }));
    await writer.write(toBatch(all.slice(0, count / 2).map(([received]) => received!)));
    await writer.write(toBatch(all.slice(count / 2).map(([received]) => received!)));
    await reopen();
    await writer.write(toBatch(all.flatMap(([, ...later]) => later).filter((_, i) => i % 7 === 0)));
    expect(await expectColumnsOfRows(store)).toBe(count);
  });

  it('hold as many different texts as there are', async () => {
    const count = 1500;
    for (let n = 0; n < count; n += 500) {
      const uuids = Array.from({ length: 500 }, (_, i) => n + i);
      await writer.write(toBatch(uuids.map((n) => taskEvent('received', uuidOf(n), n, { name: `shop.task-${n}` }))));
    }
    await readStored(store, async ({ columns }) => {
      const names = await columns.dictionary('name');
      expect(new Set(names).size).toBe(count + 1);
      const [codes] = await columns.codes('name', columns.blocks - 1, columns.blocks);
      expect(names[codes!.at(count % blockRows)!]).toBe(`shop.task-${count - 1}`);
    });
  });

  it('keep the texts that an index would refuse, as far as it goes', async () => {
    const name = Array.from({ length: 3000 }, (_, i) => String.fromCharCode(0x4e00 + ((i * 7919) % 20_000))).join('');
    await writer.write(toBatch([taskEvent('sent', uuidOf(1), 0, { queue: name })]));
    expect(await expectColumnsOfRows(store)).toBe(1);
  });

  it('are made of the rows that an older program stored, and until then read of them', async () => {
    const count = 6 * blockRows;
    await writer.write(toBatch(Array.from({ length: count }, (_, n) => successOf(uuidOf(n), n)[0]!)));
    await writer.close();
    await removeColumns(store);
    expect(await expectColumnsOfRows(store)).toBe(count);
    writer = await open();
    expect(await countStoredBlocks(store)).toBe(0);
    await writer.write(toBatch(successOf(uuidOf(5), 7, { name: 'shop.refund' })));
    const some = await countStoredBlocks(store);
    expect(some).toBeGreaterThan(1);
    expect(some).toBeLessThan(7);
    expect(await expectColumnsOfRows(store)).toBe(count);
    for (let at = 1; at < 5; at++) await writer.write(toBatch(successOf(uuidOf(count + at), at)));
    expect(await countStoredBlocks(store)).toBe(7);
    expect(await expectColumnsOfRows(store)).toBe(count + 4);
  });

  it('are as they were after a transaction that failed', async () => {
    await writer.write(toBatch(successOf(uuidOf(1), 0)));
    await breakCommits(store);
    const refund = [taskEvent('retried', uuidOf(1), 5, { exception: "Late('1')" }), ...successOf(uuidOf(2), 5)];
    await expect(writer.write(toBatch(refund))).rejects.toThrow('no more room');
    await mendCommits(store);
    await writer.write(toBatch(successOf(uuidOf(3), 7, { name: 'shop.pack' })));
    expect(await expectColumnsOfRows(store)).toBe(2);
  });

  if (engine === 'postgres')
    it('take what several processes write at once', async () => {
      const other = await open();
      const tasks = Array.from({ length: 300 }, (_, n) => successOf(uuidOf(n), n, { name: `shop.task-${n % 40}` }));
      for (let round = 0; round < 6; round++) {
        const halves = [0, 1].map((half) =>
          tasks.flatMap((events) => events.filter((_, i) => (i + round) % 2 === half)),
        );
        const slices = halves.map((events) => events.filter((_, i) => i % 6 <= round));
        await Promise.all([writer.write(toBatch(slices[0]!)), other.write(toBatch(slices[1]!))]);
        if (round % 3 === 0) await other.write(toBatch(slices[1]!.reverse()));
      }
      await other.close();
      expect(await expectColumnsOfRows(store)).toBe(300);
    });
});
