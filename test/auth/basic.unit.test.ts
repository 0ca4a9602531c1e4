import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { openBasicCheck } from '../../server/auth/basic.ts';

vi.mock(import('node:crypto'), async (importOriginal) => {
  const real = await importOriginal();
  return { ...real, timingSafeEqual: vi.fn(real.timingSafeEqual) };
});

const check = openBasicCheck([
  { user: 'ada', password: 'love:lace' },
  { user: 'grace', password: 'höpper' },
]);

const ask = (authorization?: string) => check({ headers: { authorization } } as IncomingMessage);
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

test('lets each user in with the whole password, colons and umlauts included', async () => {
  expect(await ask(basic('ada:love:lace'))).toBe(true);
  expect(await ask(basic('grace:höpper'))).toBe(true);
});

test.each([
  ['no header', undefined],
  ['an empty header', ''],
  ['another scheme', 'Bearer abc'],
  ['a scheme alone', 'Basic'],
  ['no base64', 'Basic ***'],
  ['a password cut at its colon', basic('ada:love')],
  ['a longer password', basic('ada:love:lacex')],
  ["another user's password", basic('ada:höpper')],
  ['an empty password', basic('ada:')],
  ['a user alone', basic('ada')],
  ['a name in other case', basic('Ada:love:lace')],
])('refuses %s', async (_what, header) => {
  expect(await ask(header)).toBe(false);
});

test.each([
  ['the first user', 'ada:love:lace'],
  ['the last user', 'grace:höpper'],
  ['a known user with a wrong password', 'ada:x'],
  ['nobody known', 'eve:x'],
])('does the same work for %s, so that the time taken tells nothing', async (_who, text) => {
  vi.mocked(timingSafeEqual).mockClear();
  await ask(basic(text));
  const compared = vi.mocked(timingSafeEqual).mock.calls.map(([one, other]) => [one.byteLength, other.byteLength]);
  expect(compared).toEqual([
    [32, 32],
    [32, 32],
  ]);
});

test('answers, and refuses, whatever the header holds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string(), fc.boolean(), async (text, encoded) => {
      expect(await ask(encoded ? basic(text) : text)).toBe(false);
    }),
  );
});
