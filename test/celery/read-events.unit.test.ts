import { deflateSync } from 'node:zlib';
import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Delivery } from '../../server/brokers/broker.ts';
import { isTaskEvent } from '../../server/celery/event.ts';
import { readEvents } from '../../server/celery/read-events.ts';
import { readCapture, toDelivery, type CaptureLine } from '../helpers/captures.ts';

const streams = ['events-redis-5.6.3', 'events-redis-5.2.6', 'events-amqp-5.6.3', 'events-amqp-5.2.6'];
const arrival = { routingKey: 'task.multi', receivedAtMs: 0, tag: 1 };

/** A message of RabbitMQ with this JSON text. */
function amqp(body: string | Uint8Array, contentType = 'application/json'): Delivery {
  return { body, envelope: false, contentType, contentEncoding: 'utf-8', headers: {}, ...arrival };
}

function event(fields: object = {}): Record<string, unknown> {
  return {
    type: 'worker-heartbeat',
    hostname: 'w1@a',
    timestamp: 1700000000.5,
    clock: 3,
    pid: 9,
    utcoffset: 0,
    ...fields,
  };
}

const read = (...bodies: object[]) => readEvents(amqp(JSON.stringify(bodies)));
const reasons = (delivery: Delivery) => readEvents(delivery).rejects.map(({ reason }) => reason);

/** The recorded body without any reading of the celery room. */
function recordedBody(line: CaptureLine): unknown {
  if (typeof line.data !== 'string') return JSON.parse(line.body as string);
  const { body } = JSON.parse(line.data) as { body: string };
  return JSON.parse(Buffer.from(body, 'base64').toString());
}

describe.each(streams)('the recorded stream %s', (name) => {
  const lines = readCapture(name);

  it('is read whole, with nothing rejected', () => {
    const expected = lines.flatMap((line) => recordedBody(line));
    const all = lines.map((line) => readEvents(toDelivery(line)));
    expect(all.flatMap(({ rejects }) => rejects)).toEqual([]);
    expect(all.flatMap(({ events }) => events)).toEqual(expected);
    expect(expected.length).toBeGreaterThan(1500);
  });

  it('has groups, custom events and a uuid on every task event', () => {
    const all = lines.map((line) => readEvents(toDelivery(line)).events);
    const types = new Set(all.flat().map(({ type }) => type));
    expect(all.some(({ length }) => length > 1)).toBe(true);
    for (const type of ['task-sent', 'task-failed', 'worker-online', 'task-progress', 'myapp-thing', 'plain']) {
      expect(types).toContain(type);
    }
    expect(all.flat().filter((each) => isTaskEvent(each) && each.uuid.length !== 36)).toEqual([]);
  });
});

describe('a group of events', () => {
  it('may be empty', () => {
    expect(read()).toMatchObject({ events: [], rejects: [], rejected: 0 });
  });

  it('keeps its sound events, in order, when one of them is bad', () => {
    const { events, rejects } = read(event({ clock: 1 }), { type: 'task-received' }, event({ clock: 2 }));
    expect(events.map(({ clock }) => clock)).toEqual([1, 2]);
    expect(rejects).toEqual([
      { reason: expect.stringContaining('hostname') as string, excerpt: '{"type":"task-received"}' },
    ]);
  });
});

describe('one event', () => {
  it('without clock, pid and utcoffset is kept', () => {
    const bare = { type: 'plain', hostname: 'gen1@host', timestamp: 5 };
    expect(read(bare).events).toEqual([{ ...bare, clock: null }]);
  });

  it('counts a clock, pid, utcoffset or uuid of another type as not sent', () => {
    const { events } = read(event({ clock: '7', pid: {}, utcoffset: 'x', uuid: 12 }));
    expect(events).toEqual([event({ clock: null, pid: null, utcoffset: null })].map(({ uuid: _, ...rest }) => rest));
  });

  it.each([
    ['type', { type: '' }],
    ['type', { type: 5 }],
    ['type', { type: 'a\nb' }],
    ['hostname', { hostname: null }],
    ['timestamp', { timestamp: '1700000000' }],
    ['timestamp', { timestamp: null }],
    ['timestamp', { timestamp: -1 }],
    ['timestamp', { timestamp: 1e300 }],
    ['uuid', { type: 'task-started' }],
    ['uuid', { type: 'task-started', uuid: 7 }],
    ['uuid', { type: 'task-started', uuid: 'x'.repeat(256) }],
  ])('with a bad %s is rejected, and told why: %j', (field, fields) => {
    const { events, rejects } = read(event(fields));
    expect(events).toEqual([]);
    expect(rejects[0]?.reason).toContain(field);
  });

  it('keeps numbers that JSON has no form for as text, so that it can be stored', () => {
    const text = JSON.stringify(event({ type: 'shop-sold', n: 0 }));
    const { events } = readEvents(amqp(text.replace('"n":0', '"n":[NaN, -Infinity, 100000000000000000001]')));
    expect(events[0]?.n).toEqual(['NaN', '-Infinity', '100000000000000000001']);
  });

  it.each([100, 101, 100_000])('nested %i deep is read only where everything else can walk through it', (depth) => {
    const text = JSON.stringify(event({ type: 'shop-sold', n: 0 }));
    const odd = '['.repeat(depth - 1) + ']'.repeat(depth - 1);
    const { events, rejects } = readEvents(
      amqp(`[${JSON.stringify(event())}, ${text.replace('"n":0', `"n":${odd}`)}]`),
    );
    expect(events).toHaveLength(depth > 100 ? 1 : 2);
    expect(rejects.map(({ reason }) => reason)).toEqual(depth > 100 ? [expect.stringContaining('deep')] : []);
  });

  it('shows NUL, which Postgres refuses, by its symbol', () => {
    expect(read(event({ note: 'a\0b' })).events[0]?.note).toBe('a\u2400b');
  });
});

describe('a message', () => {
  it('is read when a worker sends msgpack, or compresses it', () => {
    expect(
      readEvents(amqp(encode([event({ big: 2n ** 60n })], { useBigInt64: true }), 'application/x-msgpack')).events,
    ).toEqual([event({ big: String(2n ** 60n) })]);
    const zipped = { ...amqp(deflateSync(JSON.stringify(event()))), headers: { compression: 'application/x-gzip' } };
    expect(readEvents(zipped).events).toEqual([event()]);
  });

  it('that is pickled is rejected with the setting that fixes it', () => {
    expect(reasons(amqp(Buffer.from('80049551', 'hex'), 'application/x-python-serialize'))).toEqual([
      expect.stringContaining("event_serializer = 'json'"),
    ]);
  });

  it.each([
    ['no JSON', amqp('{"type": ')],
    ['no envelope', { ...amqp('hello'), envelope: true }],
    ['not text', amqp(Buffer.from([0xff, 0x00]))],
    ['a number', amqp('5')],
  ])('that is %s is one reject with an excerpt that can be stored', (_, delivery) => {
    const { events, rejects } = readEvents(delivery);
    expect(events).toEqual([]);
    expect(rejects).toHaveLength(1);
    expect(rejects[0]?.excerpt).toMatch(/^\P{Cc}{1,500}$/u);
  });

  it('with a million things that are no events is counted in full and shown in part', () => {
    const { rejects, rejected } = readEvents(amqp(`[${'1,'.repeat(999_999)}1]`));
    expect([rejects.length, rejected]).toEqual([100, 1_000_000]);
  });

  it('never throws, whatever the body, and gives only sound events', () => {
    const anyBody = fc.oneof(
      fc.json(),
      fc.string(),
      fc.uint8Array(),
      fc.json().map((text) => `[${text}, NaN]`),
    );
    const types = fc.constantFrom(
      'application/json',
      'application/x-msgpack',
      'application/x-yaml',
      'text/plain',
      'x/y',
    );
    fc.assert(
      fc.property(anyBody, types, fc.boolean(), (body, contentType, envelope) => {
        const { events } = readEvents({ ...amqp(body, contentType), envelope });
        for (const each of events) expect(Number.isFinite(each.timestamp)).toBe(true);
      }),
    );
  });
});
