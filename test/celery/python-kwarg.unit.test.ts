import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findKwarg } from '../../server/celery/python-kwarg.ts';
import { nastyText, toJson, toPythonRepr, toSafeRepr, type Value } from '../helpers/python-values.ts';

describe('an argument', () => {
  const repr = `{'id': 4711, 'name': 'Ada', "it's": "O'Neill", 'rate': 1.50, 'on': True, 'none': None, 'customer': {'id': 7, 'tags': ['a', 'b']}, 'a.b': 1, 5: 'five', 'at': datetime.datetime(2026, 1, 2, 3, 4), 'pair': (1, 2), 'raw': b'x'}`;

  it.each([
    ['id', '4711'],
    ['name', 'Ada'],
    ["it's", "O'Neill"],
    ['rate', '1.50'],
    ['on', 'True'],
    ['none', 'None'],
    ['5', 'five'],
    ['a.b', '1'],
    ['at', 'datetime.datetime(2026, 1, 2, 3, 4)'],
    ['pair', '(1, 2)'],
    ['raw', "b'x'"],
    ['customer', "{'id': 7, 'tags': ['a', 'b']}"],
    ['ID', undefined],
    ['nobody', undefined],
  ])('%s is %s', (key, value) => {
    expect(findKwarg(repr, [key])).toBe(value);
  });

  it.each([
    [['customer', 'id'], '7'],
    [['customer', 'tags', '1'], 'b'],
    [['pair', '0'], '1'],
    [['customer', 'tags', '2'], undefined],
    [['customer', 'tags', 'length'], undefined],
    [['name', '0'], undefined],
    [['customer', 'id', 'x'], undefined],
  ])('at %j is %s', (path, value) => {
    expect(findKwarg(repr, path)).toBe(value);
  });

  it.each(['', '[1]', 'garbage', '{', '{...}', "{'x", 'None'])('is in no %j', (text) => {
    expect(findKwarg(text, ['x'])).toBeUndefined();
  });

  it.each([
    ['by its worker', "{'a': 1, 'b': {'c': 'x', 'd': {...}}, 'e': 'long te...', ...}"],
    ['by its worker, in a number', "{'a': 1, 'b': {'c': 'x', 'd': 2}, 'e': 471..., ...}"],
    ['in a text', "{'a': 1, 'b': {'c': 'x', 'd': 2}, 'e': 'long te… [cut: 1,000 characters]"],
    ['in a number', "{'a': 1, 'b': {'c': 'x', 'd': 2}, 'e': 471… [cut: 1,000 characters]"],
    ['in a key', "{'a': 1, 'b': {'c': 'x', 'd': 2}, 'e… [cut: 1,000 characters]"],
    ['after a key', "{'a': 1, 'b': {'c': 'x', 'd': 2}, 'e'… [cut: 1,000 characters]"],
    ['within a dict', "{'a': 1, 'b': {'c': 'x', 'e': [1, … [cut: 1,000 characters]"],
    [
      'behind a backslash',
      String.raw`{'path': 'C:\', 'a': 1, 'b': {'c': 'x', 'd': 2}, 'e': 'long… [cut: 1,000 characters]`,
    ],
  ])('before a cut %s is found, what was cut is not', (_, text) => {
    expect(findKwarg(text, ['a'])).toBe('1');
    expect(findKwarg(text, ['b', 'c'])).toBe('x');
    expect(findKwarg(text, ['e'])).toBeUndefined();
    expect(findKwarg(text, ['b', 'e'])).toBeUndefined();
  });

  it('is found in JSON too, which workers answer when asked', () => {
    expect(findKwarg('{"id":4711,"of":{"name":"Ada"}}', ['of', 'name'])).toBe('Ada');
  });
});

describe('a long text', () => {
  it.each(['1..., ', "'a\\', ", 'f(x), ', "b'x", '<', '[', "{'a': ", "'a': 1, ", '... '])(
    'of nothing but %j is gone through without going back and forth',
    (part) => {
      expect(findKwarg(`{'first': 1, 'rest': [${part.repeat(40_000)}`, ['first'])).toBe('1');
    },
  );
});

describe('every argument', () => {
  const value: fc.Arbitrary<Value> = fc.oneof(nastyText, fc.integer(), fc.constant(null));
  // Celery's own repr leaves backslashes as they are, and then some texts cannot be told apart.
  const plainText = nastyText.map((text) => text.replaceAll('\\', '/'));
  const kwargs = <T extends Value>(text: fc.Arbitrary<string>, of: fc.Arbitrary<T>) =>
    fc.dictionary(text, of, { minKeys: 1, maxKeys: 5 });
  const shown = (each: Value): string => (typeof each === 'string' ? each : toPythonRepr(each));

  it("is found in Celery's repr", () => {
    const plain = fc.oneof(plainText, fc.integer(), fc.constant(null));
    fc.assert(
      fc.property(kwargs(plainText, plain), (values) => {
        for (const [key, each] of Object.entries(values))
          expect(findKwarg(toSafeRepr(values), [key])).toBe(shown(each));
      }),
    );
  });

  it('is found wherever the text was cut after it, and nothing else is', () => {
    const plain = fc.oneof(
      plainText.filter((text) => !/[\n']/.test(text)),
      fc.integer(),
    );
    const key = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(kwargs(key, plain), fc.nat(), (values, at) => {
        const whole = toSafeRepr(values);
        const cut = `${whole.slice(0, at % whole.length)}… [cut: 1,000 characters]`;
        for (const [name, each] of Object.entries(values)) {
          const isBefore = cut.includes(`'${name}': ${toSafeRepr(each)}, `);
          expect([shown(each), undefined]).toContain(findKwarg(cut, [name]));
          if (isBefore) expect(findKwarg(cut, [name])).toBe(shown(each));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is looked for without ever failing', () => {
    const nasty = fc.oneof(nastyText, kwargs(nastyText, value).map(toPythonRepr), kwargs(nastyText, value).map(toJson));
    fc.assert(
      fc.property(nasty, fc.nat(), fc.array(nastyText, { maxLength: 3 }), (text, at, path) => {
        findKwarg(text.slice(0, at % (text.length + 1)), path);
      }),
      { numRuns: 1000 },
    );
  });
});
