import { describe, expect, it } from 'vitest';
import { toHistogramRange } from '../../server/query/histogram-range.ts';
import { readSearch } from '../../server/query/read-search.ts';
import { boundsOf, toTimeRange } from '../../server/query/time-range.ts';

const now = 1_795_154_400;
const day = 86_400;
const whereOf = (text: string) => readSearch(text, { now, zone: 'UTC' }).where;

describe('the time that a query asks about', () => {
  it.each([
    ['', null, null],
    ['state:FAILURE', null, null],
    ['received:>24h', now - day, null],
    ['received:>48h received:<24h', now - 2 * day, now - day],
    ['received:>48h (received:<24h OR state:FAILURE)', now - 2 * day, null],
    ['received:2026-11-20 OR received:2026-11-18', now - 6 * 3600 - 2 * day, now + 18 * 3600],
    ['-received:>24h', null, null],
    ['started:>24h', now - day, null],
    ['started:>24h received:>48h', now - 2 * day, null],
    ['runtime:>3s', null, null],
  ])('%s', (text, from, to) => {
    expect(toTimeRange(whereOf(text))).toEqual({ from, to });
  });

  it('is told apart by what happened then', () => {
    expect(boundsOf(whereOf('started:>24h'), 'received')).toEqual({ from: null, to: null });
  });
});

describe('the range of a histogram', () => {
  const begin = now - 30 * day;
  const range = (asked: { from?: number; to?: number; step?: number }, text = '', oldest: number | null = begin) =>
    toHistogramRange({ q: text, ...asked }, whereOf(text), now, oldest);

  it('is the whole history by itself, and a day where there is none', () => {
    const { from, to, step } = range({});
    expect(from).toBeLessThanOrEqual(begin);
    expect(from).toBeGreaterThan(begin - step);
    expect(to).toBeGreaterThanOrEqual(now);
    expect(range({}, '', now - 600)).toMatchObject({ from: now - 600, to: now });
    expect(range({}, '', now - 0.5)).toMatchObject({ from: now - 60, to: now });
    expect(range({}, '', null)).toEqual({ from: now - day, to: now, step: 900 });
  });

  it('is what the query wants', () => {
    expect(range({}, 'received:2026-11-18')).toMatchObject({ from: now - 6 * 3600 - 2 * day, step: 900 });
    expect(range({}, 'received:>1h')).toEqual({ from: now - 3600, to: now, step: 30 });
    expect(range({}, 'received:<1h').from).toBeLessThanOrEqual(begin);
  });

  it('is what is asked for, widened to whole steps', () => {
    expect(range({ from: 1001, to: 1999, step: 100 }, 'received:>1h')).toEqual({ from: 1000, to: 2000, step: 100 });
  });

  it('has few buckets for whatever length', () => {
    for (let length = 0.001; length < 1.7e9; length *= 1.7) {
      const { from, to, step } = range({ from: now - length, to: now });
      expect((to - from) / step).toBeLessThanOrEqual(122);
      expect(from).toBeLessThanOrEqual(now - length);
      expect(to).toBeGreaterThanOrEqual(now);
    }
  });

  it('is one empty bucket where the query contradicts itself', () => {
    const { from, to, step } = range({}, 'received:>1h received:<2h');
    expect((to - from) / step).toBeGreaterThanOrEqual(1);
  });

  it.each([
    [{ from: 5, to: 5 }, /must be before/],
    [{ from: 0, to: 1e6, step: 1 }, /at least 2005 s, for 500 buckets/],
  ])('refuses %j', (asked, message) => {
    expect(() => range(asked)).toThrow(message);
  });
});
