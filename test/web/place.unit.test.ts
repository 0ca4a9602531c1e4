import { expect, it } from 'vitest';
import { readPlace } from '../../web/src/models/place.ts';

it('reads where a page was left from a step of the history, with or without a link', () => {
  const place = { scrollY: 9000, link: { href: '/task/1', top: 400 } };
  expect(readPlace(place)).toEqual(place);
  expect(readPlace({ scrollY: 12 })).toEqual({ scrollY: 12, link: null });
});

it.each([null, undefined, 'far down', {}, { scrollY: '12' }])('takes %j of the history for a new visit', (state) => {
  expect(readPlace(state)).toBeNull();
});
