import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { toTolerant } from '../../server/brokers/amqp-fields.ts';

const require = createRequire(import.meta.url);
const { decodeFields } = require(join(dirname(require.resolve('amqplib')), 'lib', 'codec.js')) as {
  decodeFields: (table: Buffer) => Record<string, unknown>;
};
const decode = toTolerant(decodeFields);

/** As py-amqp writes them (`amqp.serialization._write_table`). */
const field = (key: string, value: Buffer): Buffer =>
  Buffer.concat([Buffer.from([key.length]), Buffer.from(key), value]);
const long = (value: bigint): Buffer => {
  const bytes = Buffer.from(`L${' '.repeat(8)}`);
  bytes.writeBigInt64BE(value, 1);
  return bytes;
};
const sized = (tag: string, content: Buffer): Buffer => {
  const head = Buffer.from(`${tag}${' '.repeat(4)}`);
  head.writeUInt32BE(content.length, 1);
  return Buffer.concat([head, content]);
};

it('reads integers of more than 32 bits as py-amqp writes them, wherever they stand', () => {
  const list = sized('A', Buffer.concat([Buffer.from('V'), long(-(2n ** 40n)), sized('S', Buffer.from('LL'))]));
  const table = [
    field('ticket', sized('S', Buffer.from('L L'))),
    field('clock', long(2n ** 33n)),
    field('flag', Buffer.from('t\x01')),
    field('nested', sized('F', field('L', long(5_000_000_000n)))),
    field('list', list),
    field('int', Buffer.from('I\0\0\0\x07')),
  ];
  expect(decode(Buffer.concat(table))).toEqual({
    ...{ ticket: 'L L', clock: 2 ** 33, flag: true, nested: { L: 5_000_000_000 } },
    ...{ list: [null, -(2 ** 40), 'LL'], int: 7 },
  });
});

it('takes a table that nobody could read for an empty one', () => {
  expect(decode(field('x', Buffer.from('?1234')))).toEqual({});
  expect(decode(field('x', long(1n)).subarray(0, 6))).toEqual({});
  expect(decode(sized('A', Buffer.from('L')).fill(255))).toEqual({});
});
