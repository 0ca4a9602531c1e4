import { expect, test } from 'vitest';
import type { Delivery } from '../../server/brokers/broker.ts';
import { isPiece, ParcelMemory, pieceBytes } from '../../server/ingest/parcel-memory.ts';
import { ParcelBuilder, readParcel } from '../../server/ingest/parcel.ts';

const bodyOf = (text: string): Delivery => ({ body: text, envelope: true, routingKey: '', receivedAtMs: 0, tag: 1 });

test('a full parcel leaves with its piece of memory, which is filled again once it came back', () => {
  const memory = new ParcelMemory();
  const builder = new ParcelBuilder(0, memory);
  builder.add(bodyOf('a'.repeat(pieceBytes - 1000)));
  const first = builder.take(null);
  expect(isPiece(first.content.buffer)).toBe(true);
  memory.giveBack(first.content.buffer);
  const others = [1, 2].map(() => {
    builder.add(bodyOf('b'.repeat(pieceBytes - 1000)));
    return builder.take(null);
  });

  expect(others[0]!.content.buffer).not.toBe(first.content.buffer);
  expect(others[1]!.content.buffer).toBe(first.content.buffer);
});

test('a small parcel takes no more memory than it needs, and a huge one all it needs', () => {
  const builder = new ParcelBuilder(0);
  builder.add(bodyOf('small'));
  expect(builder.take(null).content.buffer.byteLength).toBe(5);
  const huge = 'x'.repeat(3 * pieceBytes);
  builder.add(bodyOf(huge));
  const parcel = builder.take(null);

  expect(isPiece(parcel.content.buffer)).toBe(false);
  expect([...readParcel(parcel)].map(({ body }) => body.toString())).toEqual([huge]);
});
