import { expect, it } from 'vitest';
import { toRangeText } from '../../web/src/models/search-text.ts';
import { nextSort } from '../../web/src/models/sort.ts';
import { readAbsolute, readInputTime, toInputTime, toRangeLabel } from '../../web/src/models/time-range.ts';
import { toTotalText } from '../../web/src/models/total.ts';

const now = Date.UTC(2026, 10, 20, 12) / 1000;

it('names the time a search is about', () => {
  expect(toRangeLabel('received:>1h', now, 'utc')).toBe('Last hour');
  expect(toRangeLabel(null, now, 'utc')).toBe('All time');
  expect(toRangeLabel('received:yesterday', now, 'utc')).toBe('yesterday');
  expect(toRangeLabel(toRangeText('received', now - 3600, now), now, 'utc')).toBe('11:00 – 12:00');
  expect(toRangeLabel(toRangeText('received', now - 86_400, now + 5), now, 'utc')).toBe(
    '2026-11-19 12:00 – 2026-11-20 12:00:05',
  );
  expect(toRangeLabel(toRangeText('received', now - 86_400, null), now, 'utc')).toBe('From 2026-11-19 12:00');
});

it('reads the ends of every range it writes', () => {
  for (const [from, to] of [
    [now, now + 61],
    [now, null],
    [null, now],
  ] as const)
    expect(readAbsolute(toRangeText('received', from, to))).toEqual({ from, to });
  expect(readAbsolute('received:>1h')).toBeNull();
});

it('takes a wall time in the zone the reader chose', () => {
  expect(toInputTime(now, 'utc')).toBe('2026-11-20T12:00:00');
  expect(readInputTime('2026-11-20T12:00:00', 'utc')).toBe(now);
  expect(readInputTime(toInputTime(now, 'local'), 'local')).toBe(now);
  expect(readInputTime('', 'utc')).toBeNull();
});

it('orders by a column, the other way round, and as usual again', () => {
  const longest = nextSort({ key: 'received', descending: true }, 'runtime');
  expect(longest).toEqual({ key: 'runtime', descending: true });
  expect(nextSort(longest, 'runtime')).toEqual({ key: 'runtime', descending: false });
  expect(nextSort({ key: 'runtime', descending: false }, 'runtime')).toBeNull();
  expect(nextSort(longest, 'name')).toEqual({ key: 'name', descending: false });
  expect(nextSort(longest, 'received')).toBeNull();
});

it('says how many tasks fit, as exactly as anyone has counted', () => {
  expect(toTotalText({ value: 3, relation: 'eq' }, null, 1)).toBe('4 tasks');
  expect(toTotalText({ value: 51, relation: 'gte' }, null, 0)).toBe('More than 50 tasks');
  expect(toTotalText({ value: 51, relation: 'gte' }, { value: 1234, relation: 'eq' }, 0)).toBe('1,234 tasks');
});
