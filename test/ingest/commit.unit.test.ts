import { afterEach, expect, test, vi } from 'vitest';
import { Batcher } from '../../server/ingest/batcher.ts';
import { commitBatch, retrying } from '../../server/ingest/commit.ts';
import { FakeStore, taskEvent, toDelivery } from '../helpers/ingest.ts';

const retry = { minPauseMs: 1, maxPauseMs: 1, signal: new AbortController().signal, onTrouble: () => undefined };

afterEach(() => void vi.useRealTimers());

function batcherOf(count: number): Batcher {
  const batcher = new Batcher();
  for (let n = 0; n < count; n++) batcher.add(toDelivery([taskEvent(`task-${n}`, 'received')], n + 1), 'redis://r');
  return batcher;
}

test('an event that no store would take is put aside, and the others are stored', async () => {
  const store = new FakeStore();
  store.fail = (batch) => (batch.tasks.has('task-7') ? new TypeError('cannot be bound') : null);
  const { refusals } = await commitBatch(store, batcherOf(20), retry);
  expect(refusals).toHaveLength(1);
  expect(store.storedUuids()).toHaveLength(19);
});

test('when every event is refused, none is put aside: the fault is not theirs', async () => {
  const store = new FakeStore();
  store.fail = (batch) => (batch.taskEvents.length > 0 ? new TypeError('The database connection is not open') : null);
  await expect(commitBatch(store, batcherOf(20), retry)).rejects.toThrow('connection is not open');
  expect(store.batches).toEqual([]);
});

test('a store that does not answer is said to be silent, until it does', async () => {
  vi.useFakeTimers();
  const said: (string | null)[] = [];
  let answer: () => void = () => undefined;
  const operation = () => new Promise<void>((resolve) => (answer = resolve));
  const done = retrying(operation, { ...retry, onTrouble: (reason) => void said.push(reason) });
  await vi.advanceTimersByTimeAsync(9_999);
  expect(said).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(said).toEqual([expect.stringContaining('not answered')]);
  answer();
  await done;
  expect(said.at(-1)).toBeNull();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(said).toHaveLength(2);
});
