import { expect, it } from 'vitest';
import { IdAges } from '../../server/store/id-ages.ts';

it('tells which ids have been there for half a minute', () => {
  const ages = new IdAges();
  const oldest: number[] = [];
  for (let at = 0; at <= 60; at++) {
    ages.note(at * 100, at);
    oldest.push(ages.oldUpTo(at));
  }
  expect(oldest[29]).toBe(0);
  for (let at = 36; at <= 60; at++) {
    expect(oldest[at]).toBeLessThanOrEqual((at - 30) * 100);
    expect(oldest[at]).toBeGreaterThan((at - 36) * 100);
  }
});

it('waits anew, and not for hours, when the clock is set back', () => {
  const ages = new IdAges();
  ages.note(10, 7200);
  ages.note(20, 0);
  expect(ages.oldUpTo(29)).toBe(0);
  expect(ages.oldUpTo(30)).toBe(20);
});
