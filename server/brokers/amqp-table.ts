/**
 * Headers as `py-amqp` reads them. amqplib writes an integer from 128 to 32,767 as a short, by the tag `s`, after which
 * py-amqp looks for a short string: it loses its place, and the worker ends ("Unrecoverable error"). A byte it reads
 * without its sign, and a long too. So integers are written as py-amqp itself does, in four bytes.
 */

/** What amqplib is to write, type by type; given to its `headers`. */
export function toAmqpTable(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, toField(value)]));
}

const mostInt = 2 ** 31;

function toField(value: unknown): unknown {
  if (typeof value === 'number') return toNumber(value);
  if (Array.isArray(value)) return value.map(toField);
  // Named as well: else a key `!` of ours would name a type to amqplib.
  if (typeof value === 'object' && value !== null) return { '!': 'object', value: toAmqpTable({ ...value }) };
  return value;
}

function toNumber(value: number): unknown {
  if (!Number.isInteger(value) || value < -mostInt || value >= 2 ** 63) return { '!': 'double', value };
  return { '!': value < mostInt ? 'int' : 'long', value };
}
