import fc from 'fast-check';
import { expect, it } from 'vitest';
import { toAmqpTable } from '../../server/brokers/amqp-table.ts';

/** Every number in what amqplib is given, as the type and value that it is told. */
function listNumbers(value: unknown): [type: unknown, value: unknown][] {
  if (typeof value === 'number') return [['guessed', value]];
  if (typeof value !== 'object' || value === null) return [];
  if ('!' in value && 'value' in value && typeof value.value === 'number') return [[value['!'], value.value]];
  return Object.values(value).flatMap(listNumbers);
}

it('leaves the type of no number to a guess, however deep it is', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), (fields) => {
      const types = listNumbers(toAmqpTable(fields)).map(([type]) => type);
      expect(types.every((type) => ['int', 'long', 'double'].includes(type as string))).toBe(true);
    }),
  );
});

it('writes integers in four bytes, longer ones in eight, and as a float what py-amqp would read without its sign', () => {
  const values = [0, 127, 128, 32_767, -129, -(2 ** 31), 2 ** 31, 5e9, -5e9, 2 ** 63, 1.5];
  const types = ['int', 'int', 'int', 'int', 'int', 'int', 'long', 'long', 'double', 'double', 'double'];
  expect(listNumbers(toAmqpTable({ values }))).toEqual(values.map((value, index) => [types[index], value]));
});

it('keeps what is no number, and a key that would name a type to amqplib', () => {
  expect(toAmqpTable({ a: 'x', b: null, c: [true, 'y'], d: { '!': 'short' } })).toEqual({
    a: 'x',
    b: null,
    c: [true, 'y'],
    d: { '!': 'object', value: { '!': 'short' } },
  });
});
