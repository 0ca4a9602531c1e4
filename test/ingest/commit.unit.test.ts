import { expect, test } from 'vitest';
import { Batcher } from '../../server/ingest/batcher.ts';
import { commitBatch } from '../../server/ingest/commit.ts';
import { FakeStore, taskEvent, toDelivery } from '../helpers/ingest.ts';

const retry = { minPauseMs: 1, maxPauseMs: 1, signal: new AbortController().signal, onTrouble: () => undefined };

function batcherOf(count: number): Batcher {
  const batcher = new Batcher();
  for (let n = 0; n < count; n++) batcher.add(toDelivery([taskEvent(`task-${n}`, 'received')], n + 1), 'redis://r');
  return batcher;
}

test('an event that no store would take is put aside, and the others are stored', async () => {
  const store = new FakeStore();
  store.fail = (batch) => (batch.tasks.has('task-7') ? new TypeError('cannot be bound') : null);
  const { refused } = await commitBatch(store, batcherOf(20), retry);
  expect(refused).toBe(1);
  expect(store.storedUuids()).toHaveLength(19);
});

test('when every event is refused, none is put aside: the fault is not theirs', async () => {
  const store = new FakeStore();
  store.fail = (batch) => (batch.taskEvents.length > 0 ? new TypeError('The database connection is not open') : null);
  await expect(commitBatch(store, batcherOf(20), retry)).rejects.toThrow('connection is not open');
  expect(store.batches).toEqual([]);
});
