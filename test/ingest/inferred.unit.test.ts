import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { TaskEvent } from '../../server/celery/event.ts';
import type { CommitChange } from '../../server/ingest/change.ts';
import { Writer } from '../../server/ingest/writer.ts';
import { FakeStore } from '../helpers/ingest.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const inferred = (uuid: string, fields: object): TaskEvent => ({
  type: 'task-inferred',
  uuid,
  hostname: 'herbarium',
  timestamp: 1000,
  clock: null,
  ...fields,
});

test('what was inferred is committed like what was received, and makes no worker of us', async () => {
  const store = new FakeStore();
  const changes: CommitChange[] = [];
  const writer = new Writer(
    store,
    {},
    {},
    { toReceiver: () => undefined, onCommit: (change) => void changes.push(change) },
  );
  writer.infer([inferred('a', { source: 'lost' }), inferred('b', { source: 'result', state: 'SUCCESS', result: '7' })]);
  await vi.advanceTimersByTimeAsync(600);
  expect(store.storedUuids()).toEqual(['a', 'b']);
  expect(store.tasks.get('a')).toMatchObject({ state: 'LOST', worker: null });
  expect(store.tasks.get('b')).toMatchObject({ state: 'SUCCESS', result: '7' });
  expect(changes[0]).toMatchObject({ workers: [], tasks: [{ state: 'LOST' }, { state: 'SUCCESS' }] });
  expect(writer.figures()).toMatchObject({ received: 2, stored: 2, rejected: 0 });
});

test('what cannot be stored of it is put aside alone', async () => {
  const store = new FakeStore();
  const writer = new Writer(store, {}, {}, { toReceiver: () => undefined, onCommit: () => undefined });
  writer.infer([inferred('', { source: 'lost' }), inferred('b', { source: 'lost' })]);
  await vi.advanceTimersByTimeAsync(600);
  expect(store.storedUuids()).toEqual(['b']);
  expect(writer.figures()).toMatchObject({ received: 1, stored: 1, rejected: 1 });
});
