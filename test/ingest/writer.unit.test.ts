import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AppError } from '../../server/errors.ts';
import type { CommitChange } from '../../server/ingest/change.ts';
import type { Snapshot } from '../../server/ingest/gaps.ts';
import type { WriterAnswer } from '../../server/ingest/messages.ts';
import { ParcelBuilder } from '../../server/ingest/parcel.ts';
import type { WriterOptions } from '../../server/ingest/writer-options.ts';
import { Writer } from '../../server/ingest/writer.ts';
import { FakeStore, taskEvent, toDelivery } from '../helpers/ingest.ts';

const redis = { maskedUrl: 'redis://r', keepsMs: 0 };
const rabbit = { maskedUrl: 'amqp://q', keepsMs: 3_600_000 };

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

/** A writer on a store that can be broken, and everything that it says. */
function startWriter(options: WriterOptions = {}, snapshot: Snapshot = {}) {
  const store = new FakeStore();
  const acks: [number, number][] = [];
  const changes: CommitChange[] = [];
  const answers: WriterAnswer['kind'][] = [];
  const writer = new Writer(store, snapshot, options, {
    toReceiver: (answer) => {
      answers.push(answer.kind);
      if (answer.kind === 'committed') acks.push(...answer.tags);
    },
    onCommit: (change) => void changes.push(change),
  });
  writer.hear({ kind: 'hello', brokers: [redis, rabbit] });
  let tag = 0;
  /** One parcel from `broker`, one message per list of events. */
  const send = (broker: number, ...messages: object[][]) => {
    const builder = new ParcelBuilder(broker);
    for (const events of messages) builder.add(toDelivery(events, ++tag));
    writer.hear({ kind: 'parcel', parcel: builder.take(Date.now()) });
  };
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
  return { store, writer, acks, changes, answers, send, pass };
}

describe('commits', () => {
  test('what came in within the flush interval, once, and then acknowledges it', async () => {
    const { store, acks, send, pass } = startWriter({ flushIntervalMs: 500 });
    send(1, [taskEvent('a', 'received')], [taskEvent('b', 'received')]);
    send(1, [taskEvent('a', 'started')]);
    await pass(499);
    expect(store.batches).toHaveLength(0);
    await pass(1);

    expect(store.storedUuids()).toEqual(['a', 'b', 'a']);
    expect(store.batches).toHaveLength(1);
    expect(store.tasks.get('a')?.state).toBe('STARTED');
    expect(acks).toEqual([[1, 3]]);
  });

  test('at once when the batch is full', async () => {
    const { store, send, pass } = startWriter({ flushEvents: 3 });
    send(1, [taskEvent('a', 'received'), taskEvent('b', 'received'), taskEvent('c', 'received')]);
    await pass(0);

    expect(store.storedUuids()).toEqual(['a', 'b', 'c']);
  });

  test('at once when it holds as many messages as the broker sends without an acknowledgement', async () => {
    const { acks, send, pass } = startWriter({ flushMessages: 2 });
    send(1, [], []);
    await pass(0);

    expect(acks).toEqual([[1, 2]]);
  });

  test('at once when the batch is large', async () => {
    const { store, send, pass } = startWriter({ flushBytes: 5000 });
    send(1, [taskEvent('a', 'received', { args: 'x'.repeat(6000) })]);
    await pass(0);

    expect(store.storedUuids()).toEqual(['a']);
  });

  test('one batch at a time, in order, while the next one fills', async () => {
    const { store, acks, send, pass } = startWriter();
    let open = () => undefined as void;
    store.gate = new Promise((resolve) => (open = resolve));
    send(1, [taskEvent('a', 'received')]);
    await pass(500);
    send(1, [taskEvent('b', 'received')]);
    await pass(5000);
    expect(store.log.filter((entry) => entry === 'write')).toHaveLength(1);
    expect(acks).toEqual([]);
    open();
    await pass(500);

    expect(store.storedUuids()).toEqual(['a', 'b']);
    expect(acks).toEqual([
      [1, 1],
      [1, 2],
    ]);
  });

  test('each broker under its own tag', async () => {
    const { acks, send, pass } = startWriter();
    send(0, [taskEvent('a', 'received')]);
    send(1, [taskEvent('b', 'received')]);
    await pass(500);

    expect(acks).toEqual([
      [0, 1],
      [1, 2],
    ]);
  });

  test('a message without events by acknowledging it', async () => {
    const { store, acks, send, pass } = startWriter();
    send(1, []);
    await pass(500);

    expect(acks).toEqual([[1, 1]]);
    expect(store.batches).toHaveLength(0);
  });
});

describe('while the store fails', () => {
  test('nothing is acknowledged, the reason is told, and all of it is stored in order once it works', async () => {
    const { store, writer, acks, changes, send, pass } = startWriter({ flushEvents: 2 });
    store.fail = () => new AppError('store_unavailable', 'disk full');
    for (const uuid of ['a', 'b', 'c', 'd', 'e']) send(1, [taskEvent(uuid, 'received')]);
    await pass(60_000);
    expect(acks).toEqual([]);
    expect(changes).toEqual([]);
    expect(writer.figures()).toMatchObject({ error: 'disk full', stored: 0 });
    store.fail = () => null;
    await pass(10_000);

    expect(store.storedUuids()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(acks.at(-1)).toEqual([1, 5]);
    expect(writer.figures()).toMatchObject({ error: null, stored: 5 });
  });

  test('it is asked again with growing pauses', async () => {
    const { store, send, pass } = startWriter({ retryMinMs: 100, retryMaxMs: 5000 });
    store.fail = () => new Error('SQLITE_BUSY: database is locked');
    send(1, [taskEvent('a', 'received')]);
    await pass(60_000);

    const attempts = store.log.filter((entry) => entry === 'failed write').length;
    expect(attempts).toBeGreaterThan(10);
    expect(attempts).toBeLessThan(25);
  });

  test('what comes in is not decoded beyond one more batch', async () => {
    const { store, writer, send, pass } = startWriter({ flushEvents: 10 });
    store.fail = () => new Error('down');
    for (let i = 0; i < 200; i++) send(1, [taskEvent(`t${i}`, 'received')]);
    await pass(10_000);

    expect(writer.figures().received).toBe(20);
  });

  test('the snapshot does not say that uncommitted events were seen', async () => {
    const { store, writer, send, pass } = startWriter();
    writer.hear({ kind: 'state', broker: 0, state: { connected: true, sinceMs: Date.now() } });
    send(0, []);
    await pass(2000);
    const before = store.snapshot[redis.maskedUrl]?.seenUntil;
    store.fail = () => new Error('down');
    send(0, [taskEvent('a', 'received')]);
    await pass(30_000);

    expect(before).toBe(1000);
    expect(store.snapshot[redis.maskedUrl]?.seenUntil).toBe(before);
  });
});

describe('a row that no store would take', () => {
  const isPoisonous = (uuid: string) => uuid.startsWith('bad');

  test.each([1, 2, 3])('is put aside alone, and the rest is stored (%d of them)', async (count) => {
    const { store, writer, acks, send, pass } = startWriter();
    store.fail = ({ taskEvents }) =>
      taskEvents.some((event) => isPoisonous(event.uuid)) ? new AppError('bad_request', 'no such character') : null;
    const good = Array.from({ length: 20 }, (_, i) => taskEvent(`good${i}`, 'received'));
    const bad = Array.from({ length: count }, (_, i) => taskEvent(`bad${i}`, 'received'));
    send(1, [...good.slice(0, 7), ...bad, ...good.slice(7)]);
    await pass(500);

    expect(store.storedUuids()).toEqual(good.map((event) => event.uuid));
    const rejects = store.batches.flatMap((batch) => batch.rejects);
    expect(rejects.map((reject) => reject.reason)).toEqual(bad.map(() => 'The store refuses it: no such character'));
    expect(rejects[0]?.excerpt).toContain('"uuid":"bad0"');
    expect(writer.figures()).toMatchObject({ stored: 20, rejected: count, duplicates: 0, error: null });
    expect(acks).toEqual([[1, 1]]);
  });

  test('costs its task only that event', async () => {
    const { store, send, pass } = startWriter();
    store.fail = ({ taskEvents }) =>
      taskEvents.some((event) => event.type === 'task-succeeded')
        ? Object.assign(new Error('bad'), { code: '22P05' })
        : null;
    send(1, [taskEvent('a', 'received'), taskEvent('a', 'started'), taskEvent('a', 'succeeded')]);
    await pass(500);

    expect(store.tasks.get('a')?.state).toBe('STARTED');
  });

  test('tells live pages once of all that was stored', async () => {
    const { store, changes, send, pass } = startWriter();
    store.fail = ({ taskEvents }) =>
      taskEvents.some((event) => isPoisonous(event.uuid)) ? new TypeError('cannot be bound') : null;
    send(1, [taskEvent('a', 'received'), taskEvent('bad', 'received'), taskEvent('b', 'received')]);
    await pass(500);

    expect(changes).toHaveLength(1);
    expect(changes[0]?.tasks.map((task) => task.uuid).sort()).toEqual(['a', 'b']);
    expect(changes[0]?.counts).toEqual(new Map([['w1@alpha', new Map([['task-received', 2]])]]));
  });
});

describe('tells', () => {
  test('the newest 200 tasks of a commit, and the ids of the others', async () => {
    const { changes, send, pass } = startWriter();
    const events = Array.from({ length: 250 }, (_, i) => taskEvent(`t${i}`, 'received'));
    send(1, events);
    await pass(500);

    expect(changes[0]?.tasks.map((task) => task.uuid)).toEqual(
      events
        .slice(50)
        .reverse()
        .map((event) => event.uuid),
    );
    expect(changes[0]?.alsoChanged).toHaveLength(50);
  });

  test('how many events came twice', async () => {
    const { writer, send, pass } = startWriter();
    const event = taskEvent('a', 'received');
    send(1, [event, taskEvent('b', 'received')]);
    await pass(500);
    send(1, [event]);
    await pass(500);

    expect(writer.figures()).toMatchObject({ received: 3, stored: 2, duplicates: 1 });
  });

  test('how many events per second came over the last ten', async () => {
    const { writer, send, pass } = startWriter();
    for (let second = 0; second < 20; second++) {
      send(1, [taskEvent(`a${second}`, 'received'), taskEvent(`b${second}`, 'received')]);
      await pass(1000);
    }
    expect(writer.figures().eventsPerS).toBeCloseTo(2, 0);
    await pass(11_000);
    expect(writer.figures().eventsPerS).toBe(0);
  });
});

describe('remembers', () => {
  test('every second, with or without events, up to when each broker was seen', async () => {
    const { store, writer, send, pass } = startWriter({ stateSaveIntervalMs: 10_000 });
    writer.hear({ kind: 'state', broker: 0, state: { connected: true, sinceMs: Date.now() } });
    for (let i = 0; i < 20; i++) {
      await pass(500);
      send(0);
    }
    expect(store.snapshots.length).toBeGreaterThanOrEqual(9);
    expect(store.snapshot[redis.maskedUrl]?.clean).toBe(false);
    expect(Date.now() / 1000 - store.snapshot[redis.maskedUrl]!.seenUntil).toBeLessThanOrEqual(1.5);
  });

  test('the beginning of a gap before the gap, and the end of a gap before what comes after', async () => {
    const { store, writer, pass } = startWriter();
    const state = (connected: boolean) =>
      writer.hear({
        kind: 'state',
        broker: 0,
        state: connected
          ? { connected, sinceMs: Date.now() }
          : { connected: false, sinceMs: Date.now(), error: 'reset' },
      });
    state(true);
    await pass(500);
    state(false);
    await pass(500);
    expect(store.allGaps()).toEqual([{ from: 1000.5, to: null, broker: 'redis://r', why: 'disconnected' }]);
    state(true);
    await pass(500);

    expect(store.allGaps()).toEqual([{ from: 1000.5, to: 1001, broker: 'redis://r', why: 'disconnected' }]);
    const sight = store.log.filter((entry) => entry !== 'write');
    expect(sight.slice(sight.indexOf('gap begins') - 1)).toEqual(['snapshot', 'gap begins', 'gap ends', 'snapshot']);
  });

  test('the gap since the last run', async () => {
    const mark = { seenUntil: 900, clean: true };
    const snapshot = { 'redis://r': mark, 'amqp://q': mark };
    const { store, writer, pass } = startWriter({}, snapshot);
    writer.hear({ kind: 'state', broker: 0, state: { connected: true, sinceMs: Date.now() } });
    writer.hear({ kind: 'state', broker: 1, state: { connected: true, sinceMs: Date.now() } });
    await pass(500);

    expect(store.allGaps()).toEqual([{ from: 900, to: 1000, broker: 'redis://r', why: 'stopped' }]);
  });
});

describe('at the end', () => {
  test('commits all that has come in, says so, and leaves a clean snapshot', async () => {
    const known = { [rabbit.maskedUrl]: { seenUntil: 900, clean: false } };
    const { store, writer, acks, answers, send, pass } = startWriter({ flushEvents: 2 }, known);
    for (const uuid of ['a', 'b', 'c', 'd', 'e']) send(1, [taskEvent(uuid, 'received')]);
    writer.hear({ kind: 'end', clean: true });
    await pass(0);

    expect(store.storedUuids()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(acks.at(-1)).toEqual([1, 5]);
    expect(store.snapshot[rabbit.maskedUrl]?.clean).toBe(true);
    expect(answers.at(-1)).toBe('drained');
  });

  test('gives up in time when the store fails, and acknowledges nothing', async () => {
    const { store, writer, acks, answers, send, pass } = startWriter({ stopTimeoutMs: 5000 });
    store.fail = () => new Error('down');
    send(1, [taskEvent('a', 'received')]);
    await pass(2000);
    writer.hear({ kind: 'end', clean: true });
    await pass(4900);
    expect(answers).not.toContain('drained');
    await pass(200);

    expect(answers).toContain('drained');
    expect(acks).toEqual([]);
    expect(writer.figures().stored).toBe(0);
    expect(store.snapshot[rabbit.maskedUrl]).toBeUndefined();
  });

  test('is no clean one when the receiver died', async () => {
    const { store, writer, send, pass } = startWriter({}, { [rabbit.maskedUrl]: { seenUntil: 900, clean: true } });
    send(1, [taskEvent('a', 'received')]);
    writer.hear({ kind: 'end', clean: false });
    await pass(0);

    expect(store.storedUuids()).toEqual(['a']);
    expect(store.snapshot[rabbit.maskedUrl]?.clean).toBe(false);
  });
});
