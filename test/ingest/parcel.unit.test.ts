import { deserialize, serialize } from 'node:v8';
import { expect, test } from 'vitest';
import type { Delivery } from '../../server/brokers/broker.ts';
import { lastTagOf, ParcelBuilder, readParcel } from '../../server/ingest/parcel.ts';
import { readCapture, type CaptureLine } from '../helpers/captures.ts';
import { toDelivery } from '../helpers/ingest.ts';

interface AmqpLine extends CaptureLine {
  body?: string;
  body_b64?: string;
  routing_key: string;
  headers: Record<string, unknown>;
  properties: { content_type: string; content_encoding: string };
}

function toRecordedDelivery(line: AmqpLine, index: number): Delivery {
  return {
    body: line.body ?? new Uint8Array(Buffer.from(line.body_b64!, 'base64')),
    envelope: false,
    contentType: line.properties.content_type,
    contentEncoding: line.properties.content_encoding,
    headers: line.headers,
    routingKey: line.routing_key,
    receivedAtMs: line.t * 1000,
    tag: 7 + index,
  };
}

const withText = (delivery: Delivery) => ({ ...delivery, body: Buffer.from(delivery.body).toString('latin1') });

test('hands recorded deliveries over to another thread as they were', () => {
  const deliveries = readCapture<AmqpLine>('events-amqp-5.6.3').map(toRecordedDelivery);
  const builder = new ParcelBuilder(2);
  for (const delivery of deliveries) builder.add(delivery);
  const parcel = builder.take(1234);
  const arrived = deserialize(serialize(parcel)) as typeof parcel;

  expect([...readParcel(arrived)].map(withText)).toEqual(deliveries.map(withText));
  expect(arrived.broker).toBe(2);
  expect(arrived.seenUntilMs).toBe(1234);
  expect(lastTagOf(arrived)).toBe(6 + deliveries.length);
  expect(arrived.wrappings.length).toBeLessThan(deliveries.length / 10);
});

test('keeps apart messages that differ only in their headers', () => {
  const builder = new ParcelBuilder(0);
  const plain = toDelivery([], 1);
  const compressed = { ...toDelivery([], 2), headers: { compression: 'application/x-gzip' } };
  const bare = { ...toDelivery([], 3), headers: undefined };
  for (const delivery of [plain, compressed, bare, { ...plain, tag: 4 }]) builder.add(delivery);

  expect([...readParcel(builder.take(null))].map((delivery) => delivery.headers)).toEqual([
    plain.headers,
    compressed.headers,
    undefined,
    plain.headers,
  ]);
});

test("does not drag a socket's whole read buffer along with a few bytes of it", () => {
  const builder = new ParcelBuilder(0);
  const readBuffer = new Uint8Array(65_536).fill(7);
  builder.add({ ...toDelivery([], 1), body: readBuffer.subarray(10, 20) });
  const parcel = builder.take(null);

  expect(serialize(parcel).byteLength).toBeLessThan(1000);
  expect([...readParcel(parcel)][0]?.body).toEqual(Buffer.alloc(10, 7));
});

test('holds a message of any size, and empty ones', () => {
  const builder = new ParcelBuilder(0);
  const bodies = ['', 'x'.repeat(100_000), '', 'Grüße 🌸', 'y'.repeat(20_000_000), ''];
  bodies.forEach((body, i) => builder.add({ ...toDelivery([], i + 1), body }));
  const read = [...readParcel(builder.take(null))].map(({ body }) => Buffer.from(body).toString());
  expect(read.map((text, i) => text === bodies[i])).toEqual(bodies.map(() => true));
});

test("is in nobody else's memory, so that it can change hands", () => {
  const builder = new ParcelBuilder(0);
  builder.add(toDelivery('first', 1));
  const first = builder.take(null);
  builder.add(toDelivery('other', 2));
  const { content } = structuredClone(first, { transfer: [first.content.buffer] });
  expect(Buffer.from(content).toString()).toBe('first');
  expect(Buffer.from([...readParcel(builder.take(null))][0]!.body).toString()).toBe('other');
});

test('begins anew after it was handed out', () => {
  const builder = new ParcelBuilder(0);
  builder.add(toDelivery([], 1));
  builder.take(null);

  expect(builder.count).toBe(0);
  expect(builder.bytes).toBe(0);
  const empty = builder.take(5);
  expect([...readParcel(empty)]).toEqual([]);
  expect(lastTagOf(empty)).toBeUndefined();
});
