import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readPythonRepr } from '../../server/python/python-repr.ts';
import { redactKeys } from '../../server/ingest/redact-text.ts';
import { nastyText, toJson, toPythonRepr, toSafeRepr, toSpacedJson, type Value } from '../helpers/python-values.ts';

const isSecret = (key: string) => /^(password|.*token.*|authorization)$/i.test(key);
const redact = (text: string) => redactKeys(text, isSecret);

describe('the value of a secret key is replaced', () => {
  test.each([
    [`{'password': 'hunter2', 'user': 'bob'}`, `{'password': '[redacted]', 'user': 'bob'}`],
    [`('x', {'a': {'Api_Token': 'hunter2'}})`, `('x', {'a': {'Api_Token': '[redacted]'}})`],
    [`{'password': "it's hunter2", 'n': 1}`, `{'password': "[redacted]", 'n': 1}`],
    [`{'password': 'it\\'s hunter2', 'n': 1}`, `{'password': '[redacted]', 'n': 1}`],
    [`{b'password': b'hunter2'}`, `{b'password': '[redacted]'}`],
    [`{'password': ['hunter2', {'a': 'hunter2'}], 'k': 1}`, `{'password': '[redacted]', 'k': 1}`],
    [`{'token': 12345, 'k': 1}`, `{'token': '[redacted]', 'k': 1}`],
    [`{'token': UUID('12345'), 'k': 1}`, `{'token': '[redacted]', 'k': 1}`],
    [`{'token': <SecretStr('hunter2')>}`, `{'token': '[redacted]'}`],
    [`{'token': <it's>, 'k': 1}`, `{'token': '[redacted]', 'k': 1}`],
    [`{'token': [<it's>, 'a]hunter2'], 'k': 1}`, `{'token': '[redacted]', 'k': 1}`],
    [`{'password':\n 'hunter2'\n 'hunter2', 'k': 1}`, `{'password':\n '[redacted]', 'k': 1}`],
    [`{'password' : '''hunter2'''}`, `{'password' : '[redacted]'}`],
  ])('in a repr: %s', (text, expected) => expect(redact(text)).toBe(expected));

  test.each([
    [`{'password': 'hunter2\\', 'user': 'bob'}`, `{'password': '[redacted]'`],
    [`{'token': ['a\\'], 'password': 'hunter2'}`, `{'token': '[redacted]'`],
  ])('in a repr that does not tell where it ends, and all that follows: %s', (text, expected) =>
    expect(redact(text)).toBe(expected),
  );

  test.each([
    [`{'password': 'hun...', ...}`, `{'password': '[redacted]', ...}`],
    [`{'user': 'bob', 'password': 'hunter2`, `{'user': 'bob', 'password': '[redacted]'`],
    [`{'password': ['hunter2', 'hun`, `{'password': '[redacted]'`],
    [`{'password': , ...}`, `{'password': , ...}`],
  ])('in a repr that is cut: %s', (text, expected) => expect(redact(text)).toBe(expected));

  test.each([
    [`('{"password": "hunter2", "n": 1}', 'x')`, `('{"password": "[redacted]", "n": 1}', 'x')`],
    [`('{"password":"hun\\\\"ter2","n":1}',)`, `('{"password":"[redacted]","n":1}',)`],
    [`["{'password': 'hunter2'}", 'x']`, `["{'password': '[redacted]'}", 'x']`],
    [`('{\\'password\\': \\'hunter2\\', \\'n\\': 1}', 'x')`, `('{\\'password\\': \\'[redacted]\\', \\'n\\': 1}', 'x')`],
    [`{"p\\u0061ssword": "hunter2"}`, `{"p\\u0061ssword": "[redacted]"}`],
  ])('in a string: %s', (text, expected) => expect(redact(text)).toBe(expected));

  test.each([
    [`(Login(user='a', password='hunter2'),)`, `(Login(user='a', password='[redacted]'),)`],
    [`<Login password=hunter2 user=a>`, `<Login password=[redacted] user=a>`],
    [`('https://h/?access_token=hunter2&x=1',)`, `('https://h/?access_token=[redacted]&x=1',)`],
    [`Authorization: Bearer hunter2\nHost: h`, `Authorization: [redacted]\nHost: h`],
    [`curl -H authorization=Bearer hunter2 -v`, `curl -H authorization=[redacted] -v`],
    [`    password: str = 'hunter2'\n    x`, `    password: [redacted]\n    x`],
    [`{'note': 'your password: hunter2', 'k': 1}`, `{'note': 'your password: [redacted]', 'k': 1}`],
    [`if token == 'x': y`, `if token == 'x': y`],
  ])('in other text: %s', (text, expected) => expect(redact(text)).toBe(expected));

  test.each([
    `{'user': 'password', 'n': 'token'}`,
    `('password', 'x')`,
    `{'passwords': 'x', 'k': "it's"}`,
    `'`,
    ``,
    `{`,
  ])('and nothing else: %s', (text) => expect(redact(text)).toBe(text));
});

/** Does not occur anywhere else. */
const core = 'Zx9Qw';

const secretText = fc.tuple(nastyText, nastyText, nastyText).map(([a, b, c]) => `${a}${core}${b}${core}${c}`);
const secret: fc.Arbitrary<Value> = fc.oneof(
  secretText,
  fc.array(secretText, { minLength: 1, maxLength: 3 }),
  fc.record({ inner: secretText, 'other key': secretText }),
);
const plainKey = fc.oneof(fc.constantFrom('user', 'n', 'path', "it's"), nastyText);
const entry = fc.oneof(
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom('password', 'API_TOKEN', 'Authorization'), secret) },
  { weight: 2, arbitrary: fc.tuple(plainKey, fc.oneof(nastyText, fc.integer(), fc.constant(null))) },
);
const dict: fc.Arbitrary<Value> = fc
  .array(entry as fc.Arbitrary<[string, Value]>, { minLength: 1, maxLength: 6 })
  .map((entries) => Object.fromEntries(entries));
const value: fc.Arbitrary<Value> = fc.oneof(
  dict,
  fc.tuple(nastyText, dict).map((items) => items as Value),
  dict.map((inner) => ({ user: 'x', inner })),
);
const forms = { toSafeRepr, toPythonRepr, toJson, toSpacedJson };

describe('no part of a secret is left', () => {
  test.each(Object.entries(forms))('written by %s', (_, write) => {
    fc.assert(
      fc.property(value, (one) => {
        expect(redact(write(one))).not.toContain(core);
      }),
      { numRuns: 2000 },
    );
  });

  test.each(Object.entries(forms))('written by %s, inside of a string', (_, write) => {
    fc.assert(
      fc.property(value, nastyText, fc.constantFrom(...Object.values(forms)), (one, other, around) => {
        expect(redact(around([write(one), other]))).not.toContain(core);
      }),
      { numRuns: 2000 },
    );
  });

  test.each(Object.entries(forms))('written by %s, and cut anywhere', (_, write) => {
    fc.assert(
      fc.property(value, fc.double({ min: 0, max: 1, noNaN: true }), (one, at) => {
        const text = write(one);
        expect(redact(text.slice(0, Math.ceil(text.length * at)))).not.toContain(core);
      }),
      { numRuns: 2000 },
    );
  });
});

test('to redact twice is to redact once', () => {
  fc.assert(
    fc.property(value, fc.constantFrom(...Object.values(forms)), (one, write) => {
      const once = redact(write(one));
      expect(redact(once)).toBe(once);
    }),
    { numRuns: 2000 },
  );
});

test('a repr can be read after it as before', () => {
  const tame = fc.dictionary(
    fc.constantFrom('password', 'user', 'token', 'n'),
    fc.constantFrom('x', "it's", 'a, b', '"'),
  );
  fc.assert(
    fc.property(tame, (one) => {
      const result = readPythonRepr(redact(toSafeRepr(one)));
      const entries = Object.entries(one).map(([key, text]) => [
        { type: 'str', value: key, cut: false },
        { type: 'str', value: isSecret(key) ? '[redacted]' : text, cut: false },
      ]);
      expect(result).toEqual({ ok: true, value: { type: 'dict', entries, cut: false }, truncated: false });
    }),
  );
});

test('takes time in proportion to the length, whatever the text', () => {
  const nasty = [
    "'",
    '\\',
    "\\'",
    "'a': ",
    'password=',
    "'password': [",
    "'password': [<",
    "{'password': (",
    `"'`,
    `'\\'`,
  ];
  for (const piece of [...nasty, "'password': b", "'password': a=' ", 'token ', "'password'   "]) {
    const text = piece.repeat(Math.ceil(200_000 / piece.length));
    const began = performance.now();
    redact(text);
    expect(performance.now() - began, piece).toBeLessThan(1000);
  }
});
