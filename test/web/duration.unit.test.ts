import { describe, expect, it } from 'vitest';
import { formatAge, formatDuration, formatRunning } from '../../web/src/models/duration.ts';

describe('formatDuration', () => {
  it.each([
    [0, '0 s'],
    [0.000_34, '340 µs'],
    [0.001, '1 ms'],
    [0.012_4, '12 ms'],
    [0.9994, '999 ms'],
    [0.9996, '1.00 s'],
    [9.994, '9.99 s'],
    [9.996, '10.0 s'],
    [59.94, '59.9 s'],
    [59.96, '1 min 00 s'],
    [245, '4 min 05 s'],
    [3599.7, '1 h 00 min'],
    [11_520, '3 h 12 min'],
    [187_200, '2 d 4 h'],
    [-1.5, '−1.50 s'],
    [Number.NaN, '—'],
  ])('writes %d s as %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));
});

it('ticks in whole seconds while something runs', () => {
  expect([0.2, 42.9, 245.9].map(formatRunning)).toEqual(['0 s', '42 s', '4 min 05 s']);
});

it('writes an age in one unit, and never a negative one', () => {
  expect([-3, 0.9, 59.9, 60, 7199, 90_000, 86_400 * 12].map(formatAge)).toEqual([
    '0 s',
    '0 s',
    '59 s',
    '1 min',
    '1 h',
    '1 d',
    '12 d',
  ]);
});
