import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../server/errors.ts';
import { toPlain } from '../../server/celery/plain-value.ts';
import { readPythonJson } from '../../server/celery/python-json.ts';

const read = (text: string) => readPythonJson(text).value;

/** As Python's json.dumps: ASCII, spaces after separators, its own names for what JSON lacks. */
function printAsPython(value: unknown): string {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return printFloat(value);
  if (Array.isArray(value)) return `[${value.map(printAsPython).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([key, field]) => `${printAsPython(key)}: ${printAsPython(field)}`)
      .join(', ')}}`;
  }
  const json = JSON.stringify(value);
  return json.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function printFloat(value: number): string {
  if (Object.is(value, -0)) return '-0.0';
  return Number.isInteger(value) && !/e/.test(String(value)) ? `${value}.0` : String(value);
}

const scalar = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.bigInt().filter((n) => !Number.isSafeInteger(Number(n))),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    null,
    true,
    false,
    'NaN',
    '-Infinity',
    '"NaN',
    '\\',
    '12345678901234567890',
    ': 12345678901234567890',
    '\0',
  ),
);
const { value: anyValue } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, scalar, fc.array(tie('value')), fc.dictionary(fc.string(), tie('value'))),
}));

describe('JSON as Python writes it', () => {
  it('keeps NaN, the infinities and integers of any size', () => {
    expect(read('{"a": NaN, "b": [Infinity, -Infinity], "c": -12345678901234567890, "d": 9007199254740993}')).toEqual({
      a: NaN,
      b: [Infinity, -Infinity],
      c: -12345678901234567890n,
      d: 9007199254740993n,
    });
    expect(read('12345678901234567890')).toBe(12345678901234567890n);
    expect(read('9007199254740991')).toBe(9007199254740991);
    expect(read('0.12345678901234567')).toBe(Number('0.12345678901234567'));
    expect(read('[1.0e+300, 12345678901234567.5]')).toEqual([1e300, Number('12345678901234567.5')]);
  });

  it.each([9007199254740993n, -12345678901234567n, 123456789012345678901234567890n])(
    'keeps %s wherever in the text it stands',
    (integer) => {
      for (let before = 0; before < 40; before++) {
        for (const after of ['', '"x"', '0.25, 123456789012345']) {
          const text = `["${'7'.repeat(before)}", ${integer}${after && `, ${after}`}]`;
          expect(read(text)).toContain(integer);
        }
      }
    },
  );

  it('does not touch what only looks like it inside of strings', () => {
    const strange = { NaN: 'NaN, Infinity', a: '[12345678901234567890, "NaN"]', b: 'x\\"NaN' };
    expect(read(JSON.stringify(strange))).toEqual(strange);
    expect(read(JSON.stringify([strange]).replace('[', '[NaN, '))).toEqual([NaN, strange]);
  });

  it('says of a value whether JSON keeps it whole', () => {
    expect(readPythonJson('{"a": [1, "x"]}').isPlain).toBe(true);
    for (const text of ['[NaN]', '[12345678901234567890]', '"a\\u0000"'])
      expect(readPythonJson(text).isPlain).toBe(false);
  });

  it('keeps tagged values, doubled keys and __proto__ as what was sent', () => {
    expect(read('{"__type__": "decimal", "__value__": "1.10"}')).toEqual({ __type__: 'decimal', __value__: '1.10' });
    expect(read('{"a": 1, "a": NaN}')).toEqual({ a: NaN });
    expect(Object.keys(read('{"__proto__": NaN}') as object)).toEqual(['__proto__']);
  });

  it.each([
    ['{"a": nan}', 'position 6'],
    ['[1, 2', 'position 5'],
    ['', 'position 0'],
    ['['.repeat(50_000), 'too deep'],
  ])('that is none is a bad request which says where: %s', (text, where) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ code: 'bad_request', message: expect.stringContaining(where) as string }) as Error,
    );
  });

  it('that is none is not read a second time, character by character, when it is long', () => {
    const text = `{"args": "${'x'.repeat(2_000_000)}`;
    expect(() => JSON.parse(text) as unknown).toThrow('Unterminated string');
    expect(() => read(text)).toThrow('Unterminated string');
    expect(read(`[NaN, "${'x'.repeat(2_000_000)}"]`)).toEqual([NaN, 'x'.repeat(2_000_000)]);
  });

  it('comes back whole from a Python-like printer, whatever the value', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(read(printAsPython(value))).toEqual(value);
      }),
    );
  });

  it('never fails but with a clear error', () => {
    const pieces = fc.array(
      fc.constantFrom('{', '}', '[', ']', '"', ':', ',', ' ', 'NaN', '-', '12345678901234567', '\\', 'a', 'Infinity'),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          pieces.map((each) => each.join('')),
        ),
        (text) => {
          try {
            read(text);
          } catch (error) {
            expect(error).toBeInstanceOf(AppError);
          }
        },
      ),
    );
  });
});

describe('a plain value', () => {
  it('is kept whole by JSON, whatever it was made of', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const plain = toPlain(value);
        const text = JSON.stringify(plain);
        expect(JSON.stringify(JSON.parse(text))).toBe(text);
        expect(text).not.toContain('\\u0000');
      }),
    );
  });

  it("shows bytes and times by kombu's tags", () => {
    expect(toPlain({ a: Buffer.from('hi'), b: new Date(0), c: new Set([1n]) })).toEqual({
      a: { __type__: 'base64', __value__: 'aGk=' },
      b: { __type__: 'datetime', __value__: '1970-01-01T00:00:00.000Z' },
      c: ['1'],
    });
  });
});
