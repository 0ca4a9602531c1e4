/**
 * In: single field values as they came over the wire. Out: what we keep of them, and the orders that decide which of two
 * is kept. Everything here is total: a field of the wrong type is a fact about a sender, never an error.
 */

/** Python reprs and names are text; anything else that stands in their place is shown as it was sent. */
export function toText(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  try {
    // `undefined` for the odd object with a `toJSON` of its own, whatever the declared type says.
    return JSON.stringify(value) ?? null;
  } catch {
    // Cyclic, or too deep: no JSON, but still a sign that something was sent.
    return Object.prototype.toString.call(value);
  }
}

/** A finite number, or null. Adding zero turns -0, which no engine stores, into 0. */
export function toNumber(value: unknown): number | null {
  if (typeof value === 'bigint') return toNumber(Number(value));
  return typeof value === 'number' && Number.isFinite(value) ? value + 0 : null;
}

/** A whole number that every engine and JSON reader holds exactly, not negative; otherwise null. */
export function toCount(value: unknown): number | null {
  const number = toNumber(value);
  return number !== null && Number.isSafeInteger(number) && number >= 0 ? number : null;
}

/** A list of finite numbers, or null. */
export function toNumbers(value: unknown): number[] | null {
  if (!Array.isArray(value)) return null;
  const numbers = value.map(toNumber);
  return numbers.every((number) => number !== null) ? numbers : null;
}

/** A time or a count that is there is more than one that is not. */
export function greatest(a: number | null, b: number | null): number | null {
  if (a === null) return b;
  if (b === null) return a;
  return a > b ? a : b;
}

/** Orders null first, then by value; texts by their UTF-16 code units. Positive when `a` comes after `b`. */
export function compare<T extends string | number>(a: T | null, b: T | null): number {
  if (a === b) return 0;
  if (a === null) return -1;
  if (b === null) return 1;
  return a < b ? -1 : 1;
}
