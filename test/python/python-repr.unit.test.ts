import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPythonRepr, type ReprEscapes } from '../../server/python/python-repr.ts';
import type { PythonValue } from '../../server/python/python-value.ts';
import { readEvents } from '../../server/celery/read-events.ts';
import { readCapture, toDelivery, type CaptureLine } from '../helpers/captures.ts';

function read(text: string, escapes: ReprEscapes = 'saferepr'): PythonValue {
  const repr = readPythonRepr(text, { escapes });
  if (!repr.ok) throw new Error(`${repr.message} at ${repr.at} in ${text}`);
  return repr.value;
}

const int = (value: number | bigint): PythonValue => ({ type: 'int', value });
const float = (value: number): PythonValue => ({ type: 'float', value });
const str = (value: string, cut = false): PythonValue => ({ type: 'str', value, cut });
const bytes = (text: string, cut = false): PythonValue => ({ type: 'bytes', text, cut });
const other = (text: string, cut = false): PythonValue => ({ type: 'other', text, cut });
const list = (items: PythonValue[], cut = false): PythonValue => ({ type: 'list', items, cut });
const tuple = (items: PythonValue[], cut = false): PythonValue => ({ type: 'tuple', items, cut });
const dict = (entries: [PythonValue, PythonValue][], cut = false): PythonValue => ({ type: 'dict', entries, cut });

/** A value as the recorder described it: numbers as text, nothing cut. */
type Described =
  | { type: 'none' }
  | { type: 'bool'; value: boolean }
  | { type: 'int' | 'float' | 'str'; value: string }
  | { type: 'bytes' | 'other'; text: string }
  | { type: 'tuple' | 'list' | 'set' | 'frozenset'; items: Described[] }
  | { type: 'dict'; entries: [Described, Described][] };

interface ReprLine extends CaptureLine {
  readonly value: Described;
  /** Null: unlimited. */
  readonly maxlen: number | null;
  /** By Celery's saferepr. */
  readonly text: string;
  /** By Python's own repr. */
  readonly repr: string;
}

function toInt(digits: string): PythonValue {
  const number = Number(digits);
  return int(Number.isSafeInteger(number) ? number : BigInt(digits));
}

function toValue(described: Described): PythonValue {
  switch (described.type) {
    case 'int':
      return toInt(described.value);
    case 'float':
      return float(Number(described.value.replace('inf', 'Infinity')));
    case 'str':
      return str(described.value);
    case 'bytes':
      return bytes(described.text);
    case 'other':
      return other(described.text);
    case 'dict':
      return dict(described.entries.map(([key, value]) => [toValue(key), toValue(value)]));
    case 'tuple':
    case 'list':
    case 'set':
    case 'frozenset':
      return { type: described.type, items: described.items.map(toValue), cut: false };
    case 'none':
    case 'bool':
      return described;
  }
}

describe("reprs made by Celery's saferepr", () => {
  const lines = readCapture<ReprLine>('saferepr-5.2.6');

  it('are read back to the value, unless they cannot be told apart', () => {
    const whole = lines.filter(({ maxlen, text }) => maxlen === null && !text.endsWith("...'"));
    // A fraction is printed by str, and a lone backslash and quote look like a quote after a backslash.
    const isDoubtful = ({ text }: ReprLine) => text === '1/3' || /\\',|\\\\'/.test(text);
    const clear = whole.filter((line) => !isDoubtful(line));
    expect(clear.length).toBeGreaterThan(140);
    for (const { text, value } of clear)
      expect(readPythonRepr(text), text).toEqual({ ok: true, value: toValue(value), truncated: false });
    for (const { text } of whole) expect(readPythonRepr(text), text).toMatchObject({ ok: true });
  });

  it('are read wherever they were cut', () => {
    const cut = lines.filter(({ maxlen }) => maxlen !== null);
    for (const { text } of cut) expect(readPythonRepr(text), text).toMatchObject({ ok: true });
    for (const { text } of cut.filter((line) => line.text.includes(', ...'))) {
      if (!text.includes("', ...'")) expect(readPythonRepr(text), text).toMatchObject({ truncated: true });
    }
  });

  it("and by Python's own repr are both read", () => {
    for (const { repr } of lines) expect(readPythonRepr(repr, { escapes: 'python' }), repr).toMatchObject({ ok: true });
  });
});

describe.each(['events-redis-5.6.3', 'events-amqp-5.2.6'])('args, kwargs and results of %s', (name) => {
  it('are all read, and those that were cut say so', () => {
    const events = readCapture(name).flatMap((line) => readEvents(toDelivery(line)).events);
    const texts = events
      .flatMap(({ args, kwargs, result }) => [args, kwargs, result])
      .filter((text) => typeof text === 'string');
    expect(texts.length).toBeGreaterThan(1000);
    for (const text of texts) expect(readPythonRepr(text)).toMatchObject({ ok: true, truncated: text.includes('...') });
  });
});

describe('a Python repr', () => {
  it.each<[string, PythonValue]>([
    ['None', { type: 'none' }],
    ['True', { type: 'bool', value: true }],
    ['-5', int(-5)],
    ['100000000000000000000', int(10n ** 20n)],
    ['1e-05', float(1e-5)],
    ['-inf', float(-Infinity)],
    ['nan', float(NaN)],
    ['()', tuple([])],
    ['(1,)', tuple([int(1)])],
    ["('it\\'s', 'back\\slash', 'new\nline')", tuple([str("it's"), str('back\\slash'), str('new\nline')])],
    [
      "{'a': [1, {}], 'b': set()}",
      dict([
        [str('a'), list([int(1), dict([])])],
        [str('b'), { type: 'set', items: [], cut: false }],
      ]),
    ],
    ['{1, 2}', { type: 'set', items: [int(1), int(2)], cut: false }],
    ['frozenset({1})', { type: 'frozenset', items: [int(1)], cut: false }],
    ["b'it's'", bytes("it's")],
    ['(1+2j)', other('(1+2j)')],
    ["(<secret>, UUID('00)'))", tuple([other('<secret>'), other("UUID('00)')")])],
    [
      "[<function <lambda> at 0x7f>, <class 'int'>]",
      list([other('<function <lambda> at 0x7f>'), other("<class 'int'>")]),
    ],
    ['ValueError("it\'s (bad")', other('ValueError("it\'s (bad")')],
  ])('is read: %s', (text, value) => {
    expect(readPythonRepr(text)).toEqual({ ok: true, value, truncated: false });
  });

  it.each<[string, PythonValue]>([
    ["'RRR...'", str('RRR', true)],
    ["('LLL...', ...", tuple([str('LLL', true)], true)],
    ["{'args': ['LLL...', ...}", dict([[str('args'), list([str('LLL', true)], true)]], true)],
    ["{'text': 'TTT...', ...", dict([[str('text'), str('TTT', true)]], true)],
    ['([1, 22..., ...],)', tuple([list([int(1), other('22', true)], true)], true)],
    ["{'a': [224, , ...]}", dict([[str('a'), list([int(224)], true)]], true)],
    [
      "{'k': [1, {...}], 'n': (...,)}",
      dict([
        [str('k'), list([int(1), dict([], true)])],
        [str('n'), tuple([], true)],
      ]),
    ],
    ["{'a': 1, 'b': , ...}", dict([[str('a'), int(1)]], true)],
    ['(datetime.datetime(2024, 2..., ...)', tuple([other('datetime.datetime(2024, 2', true)], true)],
    ["(b'ab...', ...)", tuple([bytes('ab', true)], true)],
    ['1000...', other('1000', true)],
  ])('that was cut says where: %s', (text, value) => {
    expect(readPythonRepr(text)).toEqual({ ok: true, value, truncated: true });
  });

  it('is not cut because a text in it ends in dots', () => {
    expect(readPythonRepr("('Loading...', 1)")).toEqual({
      ok: true,
      value: tuple([str('Loading...'), int(1)]),
      truncated: false,
    });
  });

  it('may end a string in a backslash, where a quote makes no sense', () => {
    expect(read("{'path': 'C:\\dir\\', 'x': 'it\\'s'}")).toEqual(
      dict([
        [str('path'), str('C:\\dir\\')],
        [str('x'), str("it's")],
      ]),
    );
  });

  it("has Python's escapes when told so", () => {
    expect(read("'a\\n\\x41\\u017e\\U0001f434\\\\ \\'q'", 'python')).toEqual(str("a\nAž🐴\\ 'q"));
    expect(read("'a\\n'")).toEqual(str('a\\n'));
    expect(read("b'\\xff\\n'", 'python')).toEqual(bytes('\xff\n'));
  });

  it.each([
    ['', 0, 'expected a value'],
    ['hello world', 5, 'expected the end'],
    ["(1, 'abc", 4, 'without its end'],
    ['[1, 2', 5, "expected ',' or ']'"],
    ['[1 2]', 2, "expected ',' or ']'"],
    ["{'a': 1, 2}", 0, 'neither a dict nor a set'],
    ['(1, 2))', 6, 'expected the end'],
    ['(Foo(1, 2)', 10, "expected ',' or ')'"],
    ['['.repeat(300), 201, 'nested more than 200 deep'],
  ])('that is none says where: %s', (text, at, message) => {
    expect(readPythonRepr(text)).toEqual({ ok: false, at, message: expect.stringContaining(message) as string });
  });
});

/** Prints as Python's repr or Celery's saferepr would, so that what is read can be compared with what was printed. */
function print(value: PythonValue, escapes: ReprEscapes): string {
  const all = (items: PythonValue[]) => items.map((item) => print(item, escapes)).join(', ');
  switch (value.type) {
    case 'none':
      return 'None';
    case 'bool':
      return value.value ? 'True' : 'False';
    case 'int':
      return String(value.value);
    case 'float':
      return printFloat(value.value);
    case 'str':
      return `'${printText(value.value, escapes)}'`;
    case 'dict':
      return `{${value.entries.map((entry) => entry.map((each) => print(each, escapes)).join(': ')).join(', ')}}`;
    case 'list':
      return `[${all(value.items)}]`;
    case 'set':
      return value.items.length === 0 ? 'set()' : `{${all(value.items)}}`;
    case 'frozenset':
      return value.items.length === 0 ? 'frozenset()' : `frozenset({${all(value.items)}})`;
    case 'tuple':
      return value.items.length === 1 ? `(${all(value.items)},)` : `(${all(value.items)})`;
    case 'bytes':
    case 'other':
      return value.text;
  }
}

function printFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const text = Object.is(value, -0) ? '-0' : String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

function printText(text: string, escapes: ReprEscapes): string {
  if (escapes === 'saferepr') return text.replaceAll("'", "\\'");
  const escapeUnit = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return text
    .replace(/['\\]/g, '\\$&')
    .replaceAll('\n', '\\n')
    .replace(/[^ -~]/g, escapeUnit);
}

function anyValue(text: fc.Arbitrary<string>): fc.Arbitrary<PythonValue> {
  const bigint = fc.bigInt().filter((n) => !Number.isSafeInteger(Number(n)));
  const { value } = fc.letrec<{ value: PythonValue }>((tie) => {
    const items = fc.array(tie('value'), { maxLength: 4 });
    const types = fc.constantFrom('tuple', 'list', 'set', 'frozenset');
    return {
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom<PythonValue>({ type: 'none' }, { type: 'bool', value: true }, { type: 'bool', value: false }),
        fc.oneof(fc.integer(), bigint).map(int),
        fc.double().map(float),
        text.map((each) => str(each)),
        fc.record({ type: types, items }).map(({ type, items }): PythonValue => ({ type, items, cut: false })),
        fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 }).map((entries) => dict(entries)),
      ),
    };
  });
  return value;
}

/** What would look cut at the end of a text is left out: see the recorded reprs for that. */
const anyText = fc.string({ unit: 'binary' }).filter((text) => !text.endsWith('...'));
const tricky = fc
  .array(fc.constantFrom("'", '"', ', ', 'a', '...', '{', ']', ')', '(', 'b', '<', '\\', ': ', '1', 'None', '.'))
  .map((parts) => parts.join(''));

describe('reading a repr', () => {
  it("gives back any value that Python's repr printed", () => {
    fc.assert(
      fc.property(anyValue(anyText), (value) => {
        expect(read(print(value, 'python'), 'python')).toEqual(value);
      }),
    );
  });

  it("gives back any value that Celery's saferepr printed, but for backslashes at quotes", () => {
    fc.assert(
      fc.property(anyValue(anyText.map((text) => text.replace(/\\(?='|$)/g, ''))), (value) => {
        expect(read(print(value, 'saferepr'))).toEqual(value);
      }),
    );
  });

  it('never throws, and points into the text when it fails', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), tricky),
        fc.constantFrom<ReprEscapes>('saferepr', 'python'),
        (text, escapes) => {
          const repr = readPythonRepr(text, { escapes });
          if (!repr.ok) expect(repr.at).toSatisfy((at: number) => at >= 0 && at <= text.length);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
