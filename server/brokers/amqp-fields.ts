/**
 * Tables of fields, such as the headers of a message, as amqplib can read them. It does not know the tag `L`, by which
 * py-amqp writes every integer beyond 32 bits, and RabbitMQ hands on: a Lamport clock of that size, in a worker's answer,
 * or a header of somebody's own. There it ends the connection; and a queue that keeps what was not acknowledged sends the
 * same again to the next one, for ever. To RabbitMQ `L` is but another name of `l`.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type * as Amqplib from 'amqplib';

/** What amqplib keeps to itself. */
interface Codec {
  decodeFields: (table: Buffer) => Record<string, unknown>;
}

let taught = false;

/** The library is loaded with the first connection: before that its codec is told how to read what it cannot. */
export async function loadAmqplib(): Promise<typeof Amqplib> {
  if (!taught) {
    taught = true;
    const require = createRequire(import.meta.url);
    const codec = require(join(dirname(require.resolve('amqplib')), 'lib', 'codec.js')) as Codec;
    codec.decodeFields = toTolerant(codec.decodeFields);
  }
  return import('amqplib');
}

/** Mends a table that cannot be read, in its place; one that cannot be mended counts as empty. */
export function toTolerant(decode: Codec['decodeFields']): Codec['decodeFields'] {
  return (table) => {
    try {
      return decode(table);
    } catch {
      try {
        renameLongs(table);
        return decode(table);
      } catch {
        return {};
      }
    }
  };
}

const tagOf = (letter: string): number => letter.charCodeAt(0);
const [unknownLong, knownLong, table, array] = [tagOf('L'), tagOf('l'), tagOf('F'), tagOf('A')];
const sizes = new Map(
  Object.entries({ t: 1, b: 1, B: 1, s: 2, u: 2, I: 4, i: 4, l: 8, L: 8, f: 4, d: 8, D: 5, T: 8, V: 0 }).map(
    ([letter, size]) => [tagOf(letter), size],
  ),
);

/** @throws {RangeError} what Node says of a table that ends too early */
function renameLongs(fields: Buffer): void {
  for (let at = 0; at < fields.length;) at = renameInValue(fields, at + 1 + fields.readUInt8(at));
}

/** Where the value ends whose tag stands at `at`. */
function renameInValue(bytes: Buffer, at: number): number {
  const tag = bytes.readUInt8(at);
  if (tag === unknownLong) bytes[at] = knownLong;
  const size = sizes.get(tag);
  if (size !== undefined) return at + 1 + size;
  const start = at + 5;
  const end = start + bytes.readUInt32BE(at + 1);
  if (tag === table) renameLongs(bytes.subarray(start, end));
  if (tag === array) for (let next = start; next < end;) next = renameInValue(bytes, next);
  return end;
}
