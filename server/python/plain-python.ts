/**
 * What of a Python value JSON can carry, and how Python itself would print it.
 *
 * In: a value as its repr or its pickle shows it. Out: plain values, or the first thing in it that is none; and its repr.
 * Nothing is evaluated, and a value that holds itself, or the same thing over and over, ends at a limit.
 */
import { PythonFloat, toFloatText, toPythonFloat } from './python-float.ts';
import type { PythonValue } from './python-value.ts';

/** Something that JSON has no form for; the message names it. */
export class NotPlain extends Error {
  override readonly name = 'NotPlain';
}

export interface PlainOptions {
  /** As `json.dumps`, which makes lists of tuples, and text of keys: their kind is lost. Else these are refused too. */
  coerce: boolean;
}

const mostNodes = 200_000;
const deepest = 100;

/** @throws {NotPlain} */
export function toPlainPython(value: PythonValue, options: PlainOptions): unknown {
  return toPlain(value, options, { nodes: 0 }, 0);
}

function toPlain(value: PythonValue, options: PlainOptions, spent: { nodes: number }, depth: number): unknown {
  if (++spent.nodes > mostNodes || depth > deepest) throw new NotPlain('more than can be shown');
  if ('cut' in value && value.cut) throw new NotPlain('something that was cut');
  const go = (each: PythonValue): unknown => toPlain(each, options, spent, depth + 1);
  switch (value.type) {
    case 'none':
      return null;
    case 'bool':
    case 'int':
    case 'str':
      return value.value;
    case 'float':
      return toPythonFloat(value.value);
    case 'list':
      return value.items.map(go);
    case 'dict':
      return Object.fromEntries(value.entries.map(([key, each]) => [toKey(key, options), go(each)]));
    case 'tuple':
      if (options.coerce) return value.items.map(go);
      break;
    default:
  }
  throw new NotPlain(describe(value));
}

function toKey(key: PythonValue, { coerce }: PlainOptions): string {
  if (key.type === 'str' && !key.cut) return key.value;
  if (coerce && key.type === 'int') return key.value.toString();
  if (coerce && key.type === 'none') return 'null';
  if (coerce && key.type === 'bool') return String(key.value);
  if (coerce && key.type === 'float') return toFloatWord(key.value);
  throw new NotPlain(`a dict with a key that is no text: ${shorten(toPythonRepr(key))}`);
}

function describe(value: PythonValue): string {
  const kind = value.type === 'other' ? 'no plain value' : `a ${value.type}`;
  return `${value.type === 'bytes' ? 'bytes' : kind}: ${shorten(toPythonRepr(value))}`;
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** As Python's `repr`, but for what is cut or beyond the limits: `...`. */
export function toPythonRepr(value: PythonValue): string {
  return represent(value, { nodes: 0 }, 0);
}

function represent(value: PythonValue, spent: { nodes: number }, depth: number): string {
  if (++spent.nodes > mostNodes || depth > deepest) return '...';
  const go = (each: PythonValue): string => represent(each, spent, depth + 1);
  switch (value.type) {
    case 'none':
      return 'None';
    case 'bool':
      return value.value ? 'True' : 'False';
    case 'int':
      return value.value.toString();
    case 'float':
      return toFloatWord(value.value);
    case 'str':
      return quotePython(value.value);
    case 'bytes':
      return `b'${value.text}'`;
    case 'other':
      return value.text;
    case 'dict':
      return `{${value.entries.map(([key, each]) => `${go(key)}: ${go(each)}`).join(', ')}}`;
    case 'tuple':
      return `(${value.items.map(go).join(', ')}${value.items.length === 1 ? ',' : ''})`;
    case 'list':
      return `[${value.items.map(go).join(', ')}]`;
    case 'set':
      return value.items.length === 0 ? 'set()' : `{${value.items.map(go).join(', ')}}`;
    case 'frozenset':
      return value.items.length === 0 ? 'frozenset()' : `frozenset({${value.items.map(go).join(', ')}})`;
  }
}

function toFloatWord(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  return Number.isFinite(value) ? toFloatText(value) : value > 0 ? 'inf' : '-inf';
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A text as `repr` writes it: in double quotes when it holds single ones only. */
function quotePython(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  // eslint-disable-next-line no-control-regex -- those are escaped
  const body = text.replace(/[\\\n\r\t\x00-\x1f\x7f-\xa0]/g, (each) => {
    return escapes[each] ?? `\\x${each.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return quote + (quote === "'" ? body.replaceAll("'", "\\'") : body) + quote;
}

/** How deep lists and objects are nested in each other; what is deeper than `most` is not looked at. */
export function isDeeperThan(value: unknown, most: number): boolean {
  if (typeof value !== 'object' || value === null || value instanceof PythonFloat) return false;
  return most === 0 || Object.values(value).some((each) => isDeeperThan(each, most - 1));
}
