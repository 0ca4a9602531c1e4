/**
 * What a pickled call or object is shown as: text. The few classes that results often hold are shown as Python itself
 * would; anything else by its name and what it was called with. Pure.
 */
import { toPythonRepr } from '../python/plain-python.ts';
import type { PythonValue } from '../python/python-value.ts';

/** Of one object; a pickle may name a long thing over and over. */
const mostText = 10_000;

/** `callable(*args)`, as a value where it is a plain one. */
export function readObject(callable: PythonValue, args: PythonValue): PythonValue {
  const name = callable.type === 'other' ? callable.text : 'object';
  const items = 'items' in args ? args.items : [];
  return readPlain(name, items) ?? { type: 'other', text: toText(name, items), cut: false };
}

/** What an object's state, given after its making, changes in how it is shown. */
export function readState(text: string, state: PythonValue): string {
  if (text !== 'uuid.UUID()' || state.type !== 'dict') return text;
  const number = state.entries.find(([key]) => key.type === 'str' && key.value === 'int')?.[1];
  if (number?.type !== 'int' || number.value < 0) return text;
  const hex = BigInt(number.value).toString(16).padStart(32, '0');
  return `UUID('${hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')}')`;
}

function readPlain(name: string, [first, second]: PythonValue[]): PythonValue | null {
  if (name === 'set' || name === 'frozenset') {
    const items = first && 'items' in first ? first.items : [];
    return { type: name, items: [...items], cut: false };
  }
  if (name === 'collections.OrderedDict' && first === undefined) return { type: 'dict', entries: [], cut: false };
  // How protocols below 3 write bytes.
  if (name === '_codecs.encode' && first?.type === 'str' && second?.type === 'str') {
    const raw = Buffer.from(first.value, 'latin1');
    const text = toPythonRepr({ ...first, value: first.value }).slice(1, -1);
    return { type: 'bytes', text, cut: false, raw };
  }
  return null;
}

function toText(name: string, args: PythonValue[]): string {
  const [first] = args;
  const raw = first?.type === 'bytes' ? first.raw : undefined;
  if (raw !== undefined) {
    if (name === 'datetime.datetime' && raw.length === 10) return toDatetime(raw, args[1]);
    if (name === 'datetime.date' && raw.length === 4) return `datetime.date(${toDate(raw).join(', ')})`;
    if (name === 'datetime.time' && raw.length === 6) return `datetime.time(${toClock(raw).join(', ')})`;
  }
  const shown = args.map(toPythonRepr).join(', ');
  const text = `${name === 'decimal.Decimal' ? 'Decimal' : name}(${shown})`;
  return text.length > mostText ? `${text.slice(0, mostText)}...` : text;
}

/** Ten bytes: year (2), month, day, hour, minute, second, microsecond (3); the first bit of the month is the fold. */
function toDatetime(raw: Uint8Array, zone: PythonValue | undefined): string {
  const parts = [...toDate(raw), ...toClock(raw.subarray(4))];
  const zoneText = zone ? `, tzinfo=${toPythonRepr(zone)}` : '';
  return `datetime.datetime(${parts.join(', ')}${zoneText})`;
}

function toDate([high = 0, low = 0, month = 0, day = 0]: Uint8Array): number[] {
  return [high * 256 + low, month & 0x7f, day];
}

/** Seconds and microseconds are left out where they are 0, as Python does. */
function toClock([hour = 0, minute = 0, second = 0, high = 0, middle = 0, low = 0]: Uint8Array): number[] {
  const micros = (high << 16) | (middle << 8) | low;
  const fine = micros > 0 ? [second, micros] : second > 0 ? [second] : [];
  return [hour & 0x7f, minute, ...fine];
}
