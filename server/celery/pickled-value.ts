/** What stands in a pickle, as values: the bytes of numbers, texts and names. Pure; it throws {@link PickleFault}. */
import type { PythonSequence, PythonValue } from '../python/python-value.ts';

/** Why bytes are no pickle of plain values. */
export class PickleFault extends Error {
  override readonly name = 'PickleFault';
}

export const none: PythonValue = { type: 'none' };
export const text = (value: string): PythonValue => ({ type: 'str', value, cut: false });
export const sequence = (type: PythonSequence['type'], items: PythonValue[]): PythonSequence => ({
  type,
  items,
  cut: false,
});

export function toName(module: string, name: string): PythonValue {
  const isBuiltin = module === 'builtins' || module === '__builtin__' || module === 'exceptions';
  return { type: 'other', text: isBuiltin ? name : `${module}.${name}`, cut: false };
}

export function wordOf(value: PythonValue | undefined): string {
  if (value?.type !== 'str') throw new PickleFault('a name is no text');
  return value.value;
}

export function toEntries(items: PythonValue[]): [PythonValue, PythonValue][] {
  const entries: [PythonValue, PythonValue][] = [];
  for (let at = 0; at + 1 < items.length; at += 2) entries.push([items[at]!, items[at + 1]!]);
  return entries;
}

/** Two's complement, little-endian. */
export function toLong(bytes: Buffer): bigint {
  if (bytes.length === 0) return 0n;
  if (bytes.length > 10_000) throw new PickleFault('a number is too long');
  const number = BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
  return bytes.at(-1)! >= 0x80 ? number - (1n << BigInt(bytes.length * 8)) : number;
}

export function toInt(value: bigint): PythonValue {
  return { type: 'int', value: Number.isSafeInteger(Number(value)) ? Number(value) : value };
}

/** `I01` and `I00` are booleans; a long ends in L. */
export function readInteger(line: string): PythonValue {
  if (line === '01' || line === '00') return { type: 'bool', value: line === '01' };
  const digits = line.replace(/L$/, '');
  if (!/^-?\d{1,10000}$/.test(digits)) throw new PickleFault('a number is none');
  return toInt(BigInt(digits));
}

export function toBytes(bytes: Buffer): PythonValue {
  const shown = Array.from(bytes.subarray(0, 65_536), (byte) => {
    if (byte === 0x5c || byte === 0x27) return `\\${String.fromCharCode(byte)}`;
    return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
  });
  return { type: 'bytes', text: shown.join(''), cut: bytes.length > 65_536, raw: bytes };
}

/** Python's raw-unicode-escape. */
export function unescapeUnicode(line: string): string {
  return line.replace(/\\u([\da-fA-F]{4})|\\U([\da-fA-F]{8})/g, (_, unit?: string, point?: string) => {
    const code = parseInt(unit ?? point ?? '', 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
  });
}
