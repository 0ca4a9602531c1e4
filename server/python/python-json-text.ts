/**
 * Writes JSON as Python's `json` module does: ASCII alone, `NaN` and the infinities by name, integers whole.
 *
 * In: plain values, bigint and {@link PythonFloat} among them. Out: text that `json.loads` reads as the same values.
 */
import { PythonFloat, toFloatText } from './python-float.ts';

export function toPythonJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return toPythonString(value);
    case 'number':
      return Number.isInteger(value) ? toInteger(value) : toFloat(value);
    case 'bigint':
      return value.toString();
    case 'object':
      return value === null ? 'null' : toObject(value);
    default:
      return value === undefined ? 'null' : JSON.stringify(value);
  }
}

function toObject(value: object): string {
  if (value instanceof PythonFloat) return toFloat(value.value);
  if (Array.isArray(value)) return `[${value.map(toPythonJson).join(', ')}]`;
  const members = Object.entries(value).map(([key, each]) => `${toPythonString(key)}: ${toPythonJson(each)}`);
  return `{${members.join(', ')}}`;
}

function toInteger(value: number): string {
  return Number.isSafeInteger(value) ? String(value) : BigInt(value).toString();
}

function toFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? toFloatText(value) : value > 0 ? 'Infinity' : '-Infinity';
}

function toPythonString(text: string): string {
  const escapeUnit = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, escapeUnit);
}
