import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Delivery } from '../../server/brokers/broker.ts';
import { Batcher, realSteps } from '../../server/ingest/batcher.ts';
import { ParcelBuilder, readParcel, type Parcel } from '../../server/ingest/parcel.ts';
import { Protection, type ProtectionOptions } from '../../server/ingest/protection.ts';
import { taskEvent, toDelivery } from '../helpers/ingest.ts';
import { nastyText, toJson, toPythonRepr, toSafeRepr, type Value } from '../helpers/python-values.ts';

function pack(...deliveries: Delivery[]): Parcel {
  const builder = new ParcelBuilder(0);
  for (const delivery of deliveries) builder.add(delivery);
  return builder.take(5000);
}

/** What is committed for these messages. */
function store(protection: Protection, deliveries: Iterable<Delivery>): Batcher {
  const batcher = new Batcher({ ...realSteps, readEvents: (delivery) => protection.readEvents(delivery) });
  for (const delivery of deliveries) batcher.add(delivery, 'redis://r');
  return batcher;
}

const shown = ({ batch }: Batcher) =>
  JSON.stringify({ ...batch, tasks: [...batch.tasks.values()], workers: [...batch.workers.values()] });

/** Stores a task that is told of by these events. */
function storeTask(options: ProtectionOptions, ...events: [subject: string, fields: Record<string, unknown>][]) {
  const made = events.map(([subject, fields]) => taskEvent('a', subject, fields));
  const batcher = store(new Protection(options), [toDelivery(made, 1)]);
  return { task: batcher.batch.tasks.get('a')!, events: batcher.batch.taskEvents, all: shown(batcher) };
}

describe('nothing that is to be redacted is stored', () => {
  const redact = ['password', '*token*', '/4[0-9]{15}/'];

  test('of any field of any event', () => {
    const { task, events, all } = storeTask(
      { redact },
      ['sent', { args: "('4111111111111111',)", kwargs: "{'password': 'hunter2', 'n': 1}", name: 'shop.charge' }],
      ['received', { args: "({'api_token': 'hunter2'},)", kwargs: '{}', name: 'shop.charge' }],
      ['retried', { exception: "Wrong(password='hunter2')", traceback: 'login(token="hunter2")\n4111111111111111' }],
      ['succeeded', { result: '{"password": "hunter2"}', runtime: 1 }],
      ['progress', { password: 'hunter2', step: { deep: [{ Token: 'hunter2' }], card: 4111111111111111 }, token: 5 }],
    );
    expect(all).not.toMatch(/hunter2|4111111111111111/);
    expect(task).toMatchObject({
      name: 'shop.charge',
      args: "({'api_token': '[redacted]'},)",
      result: '{"password": "[redacted]"}',
      exception: "Wrong(password='[redacted]')",
      traceback: 'login(token="[redacted]")\n[redacted]',
    });
    expect(events[0]).toMatchObject({ args: "('[redacted]',)", kwargs: "{'password': '[redacted]', 'n': 1}" });
    expect(events[4]).toMatchObject({ password: '[redacted]', token: '[redacted]', uuid: 'a' });
    expect(events[4]).toMatchObject({ step: { deep: [{ Token: '[redacted]' }], card: '[redacted]' } });
  });

  test('whatever the values, and however they are written', () => {
    const core = 'Zx9Qw';
    const value = fc
      .tuple(nastyText, nastyText, fc.constantFrom('password', 'my_token'), nastyText)
      .map(([a, b, key, other]): Value => ({ user: other, [key]: [`${a}${core}${b}`, core], more: other }));
    const write = fc.constantFrom(toSafeRepr, toPythonRepr, toJson);
    fc.assert(
      fc.property(value, write, fc.constantFrom('args', 'kwargs', 'result', 'exception'), (one, form, field) => {
        const subjects = { args: 'sent', kwargs: 'received', result: 'succeeded', exception: 'failed' };
        const { all } = storeTask({ redact }, [subjects[field], { [field]: form(one) }], ['custom', { data: one }]);
        expect(all).not.toContain(core);
      }),
      { numRuns: 500 },
    );
  });

  test('of a field as a whole, when its name is a secret key', () => {
    const { task } = storeTask({ redact: ['args', 'result'] }, ['received', { args: '(1, 2)', kwargs: '{}' }]);
    expect(task).toMatchObject({ args: '[redacted]', kwargs: '{}' });
  });

  test('and an event is still known by what it is', () => {
    const { task } = storeTask({ redact: ['*', '/./'] }, [
      'received',
      { name: 'shop.charge', root_id: 'r', args: '(1,)', retries: 2, eta: '2026-01-01T00:00:00' },
    ]);
    expect(task).toMatchObject({ uuid: 'a', name: 'shop.charge', rootId: 'r', retries: 2, state: 'RECEIVED' });
    expect(task.args).toBe('[redacted]');
  });

  test('in an excerpt of what cannot be read', () => {
    const messages = [
      toDelivery('{"password": "hunter2"', 1),
      toDelivery([{ password: 'hunter2' }], 2),
      { ...toDelivery("{'password': 'hunter2'}", 3), contentType: 'application/x-python-serialize' },
    ];
    const batcher = store(new Protection({ redact }), messages);
    expect(batcher.batch.rejects).toHaveLength(3);
    expect(shown(batcher)).not.toContain('hunter2');
    expect(batcher.batch.rejects[2]!.reason).toContain('pickle');
    expect(store(new Protection({}), messages).batch.rejects[0]!.excerpt).toContain('hunter2');
  });
});

describe('what is spooled', () => {
  const protection = new Protection({ redact: ['password'], maxFieldLength: 1000 });
  const envelope = (body: string, type = 'application/json'): Delivery => ({
    body: JSON.stringify({
      body: Buffer.from(body).toString('base64'),
      'content-type': type,
      'content-encoding': 'utf-8',
      headers: { hostname: 'w1@alpha' },
      properties: { body_encoding: 'base64' },
    }),
    envelope: true,
    routingKey: 'task.received',
    receivedAtMs: 4000,
    tag: 7,
  });
  const secret = { ...taskEvent('a', 'received', { kwargs: "{'password': 'hunter2'}", args: 'x'.repeat(2000) }) };
  const messages = [
    envelope(JSON.stringify(secret)),
    envelope('password hunter2', 'application/x-python-serialize'),
    { ...envelope(''), body: 'password hunter2' },
    envelope(
      JSON.stringify([taskEvent('b', 'received', { kwargs: "{'password': 'hunter2'}" }), { password: 'hunter2' }]),
    ),
  ];

  test('has no secret in it', () => {
    const storable = protection.toStorable(pack(...messages));
    const text = JSON.stringify(storable) + Buffer.from(storable.content).toString();
    expect(text).not.toContain('hunter2');
    expect(text).not.toContain(Buffer.from('hunter2').toString('base64').slice(0, 8));
  });

  test('is stored just as if it had not been', () => {
    const parcel = pack(...messages);
    const direct = store(protection, readParcel(parcel));
    const later = store(protection, readParcel(protection.toStorable(structuredClone(parcel))));

    expect(later.batch.tasks).toEqual(direct.batch.tasks);
    expect(later.batch.taskEvents).toEqual(direct.batch.taskEvents);
    expect(later.rejected).toBe(direct.rejected);
    expect(later.batch.rejects[0]!.reason).toBe(direct.batch.rejects[0]!.reason);
    expect(later.batch.rejects.map(({ at, broker }) => [at, broker])).toEqual(Array(3).fill([4, 'redis://r']));
  });

  test('keeps its place: tags, times, and up to when all was seen', () => {
    const parcel = pack(...messages);
    const storable = protection.toStorable(parcel);
    expect(storable).toMatchObject({ firstTag: 7, receivedAtMs: parcel.receivedAtMs, seenUntilMs: 5000, broker: 0 });
    expect(storable.ends).toHaveLength(4);
  });

  test('is what came, when there is nothing to redact', () => {
    const parcel = pack(...messages);
    expect(new Protection({}).toStorable(parcel)).toBe(parcel);
  });
});

describe('a field that is too long', () => {
  test('is cut, and says so', () => {
    const { task } = storeTask({ maxFieldLength: 1000 }, [
      'received',
      { args: 'x'.repeat(1_235_503), kwargs: 'short' },
    ]);
    expect(task.args).toMatch(/^x{936}… \[cut: 1,234,567 characters\]$/);
    expect(task.args!.length).toBeLessThanOrEqual(1000);
    expect(task.kwargs).toBe('short');
  });

  test('of a structure becomes text', () => {
    const { events } = storeTask({ maxFieldLength: 300 }, [
      'custom',
      { data: { list: 'x'.repeat(500).split('') }, n: [1] },
    ]);
    expect(events[0]!.data).toMatch(/^\{"list":\["x","x".*… \[cut: [\d,]+ characters\]$/);
    expect(events[0]!.n).toEqual([1]);
  });

  test('is never cut through a character', () => {
    const { task } = storeTask({ maxFieldLength: 257 }, ['received', { args: '🌸'.repeat(500) }]);
    expect(task.args).toMatch(/^🌸+… \[cut/u);
  });

  test('has no secret at its cut', () => {
    const redact = ['password', '/S3CRET[a-z]+/'];
    for (let at = 150; at < 280; at++) {
      const fields = {
        args: `${'x'.repeat(at)}, S3CRET${'z'.repeat(50)}${'y '.repeat(3000)}`,
        kwargs: `{'a': '${'x'.repeat(at)}', 'password': '${'z'.repeat(50)}', 'n': '${'y'.repeat(9000)}'}`,
      };
      const { task } = storeTask({ redact, maxFieldLength: 256 }, ['received', fields]);
      expect(task.args).not.toMatch(/zz/);
      expect(task.kwargs).not.toMatch(/zz/);
      expect(task.kwargs!.length).toBeLessThanOrEqual(256);
    }
  });

  test('stays as it is when it comes again', () => {
    const redact = ['password'];
    for (let at = 150; at < 280; at++) {
      const kwargs = `{'a': '${'x'.repeat(at)}', 'password': '${'z'.repeat(50)}', 'n': '${'y'.repeat(9000)}'}`;
      const { task: once } = storeTask({ redact, maxFieldLength: 256 }, ['received', { kwargs }]);
      const { task: twice } = storeTask({ redact, maxFieldLength: 256 }, ['received', { kwargs: once.kwargs }]);
      expect(twice.kwargs).toBe(once.kwargs);
    }
  });

  test('costs no more than what is kept of it', () => {
    const protection = new Protection({ redact: ['password', '/(a+)+b/'] });
    const huge = toDelivery([taskEvent('a', 'received', { args: `{'password': ${'a'.repeat(30_000_000)}` })], 1);
    const began = performance.now();
    protection.readEvents(huge);
    expect(performance.now() - began).toBeLessThan(2000);
  });
});
