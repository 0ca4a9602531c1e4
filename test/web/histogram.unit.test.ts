import { expect, it } from 'vitest';
import type { HistogramBody } from '../../server/contract/search.ts';
import {
  describeStates,
  formatBucket,
  formatTick,
  sumStates,
  toBrushed,
  toLayers,
} from '../../web/src/models/histogram.ts';

const body: HistogramBody = {
  from: 600,
  to: 780,
  step: 60,
  buckets: [
    { at: 600, states: { SUCCESS: 4, FAILURE: 1 } },
    { at: 660, states: {} },
    { at: 720, states: { SUCCESS: 2, BREWING: 5 } },
  ],
  gaps: [],
  partial: false,
  took_ms: 1,
};

it('lays each state on those below it, failures at the bottom and own states on top', () => {
  expect(toLayers(body)).toEqual([
    { state: 'FAILURE', heights: [1, 0, 0] },
    { state: 'SUCCESS', heights: [5, 0, 2] },
    { state: 'BREWING', heights: [5, 0, 7] },
  ]);
});

it('says what it shows in words, the worst first', () => {
  expect(describeStates(sumStates(body))).toBe('1 Failure, 6 Success, 5 Brewing');
  expect(describeStates({})).toBe('');
});

it('takes whole buckets from a brush, in either direction, and never none', () => {
  expect(toBrushed(body, 615, 700)).toEqual({ from: 600, to: 720 });
  expect(toBrushed(body, 700, 615)).toEqual({ from: 600, to: 720 });
  expect(toBrushed(body, 0, 9999)).toEqual({ from: 600, to: 780 });
  // Of another time altogether: still a stretch, and within.
  expect(toBrushed(body, 60, 120)).toEqual({ from: 600, to: 601 });
  expect(toBrushed(body, 5000, 6000)).toEqual({ from: 779, to: 780 });
});

it('writes as much of a time as its step needs', () => {
  const day = Date.UTC(2026, 10, 20) / 1000;
  expect(formatTick(day + 3660, 60, 'utc')).toBe('01:01');
  expect(formatTick(day + 3661, 1, 'utc')).toBe('01:01:01');
  expect(formatTick(day, 3600, 'utc')).toBe('11-20');
  expect(formatBucket(day + 3600, 900, day + 9000, 'utc')).toBe('01:00 – 01:15');
  expect(formatBucket(day - 3600, 900, day + 9000, 'utc')).toBe('2026-11-19 23:00 – 23:15');
});
