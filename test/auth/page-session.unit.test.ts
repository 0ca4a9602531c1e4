import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PageSession, pageSessionSeconds } from '../../server/auth/page-session.ts';

const session = new PageSession('secret', 5555);
const cookie = (value: string) => `other=1; ${session.cookieName}=${value}; last=2`;

test('accepts its own value until it expires', () => {
  const value = session.issue(1000);
  expect(session.accepts(cookie(value), 1000)).toBe(true);
  expect(session.accepts(cookie(value), 1000 + pageSessionSeconds - 1)).toBe(true);
  expect(session.accepts(cookie(value), 1000 + pageSessionSeconds)).toBe(false);
});

test('refuses a value whose expiry was moved', () => {
  const [expiry, signature] = session.issue(1000).split('.');
  expect(session.accepts(cookie(`${Number(expiry) + 1}.${signature}`), 1000)).toBe(false);
});

test('refuses a value signed with another secret', () => {
  const forged = new PageSession('guess', 5555).issue(1000);
  expect(session.accepts(cookie(forged), 1000)).toBe(false);
});

test('refuses a value of another name, so that two servers on one host do not mix', () => {
  const other = new PageSession('secret', 5556);
  expect(other.accepts(cookie(session.issue(1000)), 1000)).toBe(false);
});

test('finds its value beside an outdated one of the same name', () => {
  const both = `${session.cookieName}=1.x; ${session.cookieName}=${session.issue(1000)}`;
  expect(session.accepts(both, 1000)).toBe(true);
});

test('never throws at a cookie header, and never believes one it did not make', () => {
  const anything = fc.oneof(fc.string(), fc.stringMatching(/^\d{1,13}\.[\w-]{40,45}$/));
  fc.assert(
    fc.property(anything, (value) => {
      expect(session.accepts(value, 0)).toBe(false);
      expect(session.accepts(cookie(value), 0)).toBe(false);
    }),
  );
});
