/**
 * A decoded value in a form that `JSON.stringify` keeps whole and both stores take: what JSON cannot hold is shown as
 * text. Integers beyond 2^53 become their digits, `NaN` and the infinities their Python names; bytes and times take
 * kombu's tags; NUL, which Postgres refuses in text, becomes its symbol, ␀.
 */
export function toPlain(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
      return value.includes('\0') ? value.replaceAll('\0', '\u2400') : value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'bigint':
      return value.toString();
    case 'boolean':
      return value;
    case 'object':
      return value === null ? null : toPlainObject(value);
    default:
      return null;
  }
}

function toPlainObject(value: object): unknown {
  if (Array.isArray(value)) return value.map(toPlain);
  if (value instanceof Uint8Array) return toTagged('base64', Buffer.from(value).toString('base64'));
  if (value instanceof Date) return toTagged('datetime', Number.isNaN(value.getTime()) ? null : value.toISOString());
  if (value instanceof Set) return Array.from(value, toPlain);
  // Object.fromEntries defines its keys, so that `__proto__` is a key like any other.
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [toPlain(key), toPlain(field)]));
}

/** As `kombu.utils.json` writes values that JSON has no form for. */
function toTagged(type: string, value: string | null): object {
  return { __type__: type, __value__: value };
}
