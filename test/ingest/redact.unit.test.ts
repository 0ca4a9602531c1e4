import { describe, expect, test } from 'vitest';
import { readRedactions } from '../../server/ingest/redact.ts';

const redactor = (...rules: string[]) => readRedactions(rules)!;

describe('a key is secret', () => {
  test.each<[string, string[], string[]]>([
    ['password', ['password', 'Password', 'PASSWORD'], ['passwords', 'my_password']],
    ['*token*', ['token', 'api_token', 'TokenId', 'a.token.b'], ['tok', 'to_ken']],
    ['api_*', ['api_', 'api_key'], ['my_api_key', 'api']],
    ['*_key', ['api_key'], ['key', 'api_keys']],
    ['a*b*c', ['abc', 'aXbXc', 'abcbc'], ['ac', 'ab', 'acb']],
    ['aa*aa', ['aaaa', 'aaXaa'], ['aaa']],
    ['*', ['anything', ''], []],
    ['pâsse*', ['PÂSSEWORD'], ['passe']],
    ['a.b', ['a.b'], ['axb']],
  ])('under the rule %s', (rule, secret, open) => {
    for (const key of secret) expect(redactor(rule).isSecretKey(key), key).toBe(true);
    for (const key of open) expect(redactor(rule).isSecretKey(key), key).toBe(false);
  });

  test('however many stars there are, in no time', () => {
    const began = performance.now();
    redactor(`${'*a'.repeat(50)}*b`).isSecretKey('a'.repeat(256));
    expect(performance.now() - began).toBeLessThan(100);
  });
});

describe('a pattern', () => {
  test('is replaced wherever it is found', () => {
    const text = "('4111111111111111', 'x 4242424242424242 y')";
    expect(redactor('/4[0-9]{15}/').text(text)).toBe("('[redacted]', 'x [redacted] y')");
  });

  test('knows its flags', () => {
    expect(redactor('/SECRET-\\w+/i').text('a secret-x b')).toBe('a [redacted] b');
    expect(redactor('/SECRET-\\w+/').text('a secret-x b')).toBe('a secret-x b');
    expect(redactor('/^key: .*$/m').text('a\nkey: b\nc')).toBe('a\n[redacted]\nc');
  });

  test('and keys go together', () => {
    const both = redactor('password', '/[\\w.]+@[\\w.]+/');
    expect(both.text("{'password': 'x', 'mail': 'ada@example.com'}")).toBe(
      "{'password': '[redacted]', 'mail': '[redacted]'}",
    );
  });

  test('leaves alone what is redacted already', () => {
    const one = redactor('/[a-z]+/');
    const once = one.text('ab 12 cd');
    expect(once).toBe('[redacted] 12 [redacted]');
    expect(one.text(once)).toBe(once);
  });

  test('that would make other engines think for ever does not hold anything up', () => {
    const began = performance.now();
    redactor('/(a+)+$/', '/(a|aa)*b/', '/(.*a){12}/').text(`${'a'.repeat(60_000)}!`);
    expect(performance.now() - began).toBeLessThan(5000);
  });

  test.each([
    ['/(?=a)b/', 'invalid or unsupported'],
    ['/(a)\\1/', 'invalid escape'],
    ['/[/', 'missing closing'],
    ['/a/x', '/pattern/flags'],
    ['/a', '/pattern/flags'],
    ['/a*/', 'fits the empty text'],
  ])('that cannot be used is told, with what is accepted: %s', (rule, why) => {
    expect(() => readRedactions(['password', rule])).toThrow(why);
    expect(() => readRedactions(['password', rule])).toThrow(rule);
  });
});

test('structures keep their form', () => {
  const value = { user: 'a', Password: ['x', { y: 1 }], list: [{ token: 5, n: 7 }, 'token=x'], none: null };
  expect(redactor('password', 'token', '/^7$/').value(null, value)).toEqual({
    user: 'a',
    Password: '[redacted]',
    list: [{ token: '[redacted]', n: '[redacted]' }, 'token=[redacted]'],
    none: null,
  });
});

test('a structure without end is no way around it', () => {
  let deep: unknown = { password: 'hunter2' };
  for (let i = 0; i < 5000; i++) deep = [deep];
  expect(JSON.stringify(redactor('password').value(null, deep))).not.toContain('hunter2');
});

test('without rules there is nothing to do', () => expect(readRedactions([])).toBeNull());
