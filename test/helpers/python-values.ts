/** Python values for tests, and the ways in which they are written into the texts of events. */
import fc from 'fast-check';

export type Value = string | number | null | Value[] | { [key: string]: Value };

/** `celery.utils.saferepr`: of strings only the single quote is escaped. */
export function toSafeRepr(value: Value): string {
  return toRepr(value, (text) => `'${text.replaceAll("'", "\\'")}'`);
}

/** Python's own `repr`. */
export function toPythonRepr(value: Value): string {
  return toRepr(value, (text) => {
    const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
    return text.includes("'") && !text.includes('"') ? `"${escaped}"` : `'${escaped.replaceAll("'", "\\'")}'`;
  });
}

function toRepr(value: Value, toText: (text: string) => string): string {
  if (value === null) return 'None';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return toText(value);
  if (Array.isArray(value)) return `[${value.map((item) => toRepr(item, toText)).join(', ')}]`;
  return `{${Object.entries(value)
    .map(([key, item]) => `${toText(key)}: ${toRepr(item, toText)}`)
    .join(', ')}}`;
}

export const toJson = (value: Value): string => JSON.stringify(value);
/** As Python's `json.dumps` writes it. */
export const toSpacedJson = (value: Value): string => JSON.stringify(value, null, 1).replace(/\n */g, ' ');

/** Text of what makes quoting hard. */
export const nastyText: fc.Arbitrary<string> = fc
  .array(
    fc.constantFrom(
      "'",
      '"',
      '\\',
      ', ',
      ': ',
      '{',
      '}',
      '[',
      ']',
      '(',
      ')',
      '<',
      '>',
      '=',
      ' ',
      'x',
      'é',
      '\n',
      '...',
    ),
    {
      maxLength: 8,
    },
  )
  .map((parts) => parts.join(''));
