import { describe, expect, it } from 'vitest';
import {
  formatBothZones,
  formatClockMs,
  formatMoment,
  formatStretch,
  formatRelative,
  isMoment,
  readIsoTime,
} from '../../web/src/models/time.ts';

const noon = Date.UTC(2026, 10, 20, 12, 0, 0) / 1000;

describe('a moment', () => {
  it('is written without its date on the same day, and with it on another', () => {
    expect(formatMoment(noon, noon + 60, 'utc')).toBe('12:00:00');
    expect(formatMoment(noon, noon + 86_400, 'utc')).toBe('2026-11-20 12:00:00');
  });

  it('of another day has its date in a stretch, both ends have theirs where the days differ', () => {
    expect(formatStretch(noon - 60, noon, noon, 'utc')).toBe('11:59:00 – 12:00:00');
    expect(formatStretch(noon - 60, noon, noon + 86_400, 'utc')).toBe('2026-11-20 11:59:00 – 12:00:00');
    expect(formatStretch(noon - 86_400, noon, noon, 'utc')).toBe('2026-11-19 12:00:00 – 2026-11-20 12:00:00');
  });

  it('keeps the milliseconds that the event had', () => {
    expect(formatClockMs(noon + 0.1236, 'utc')).toBe('12:00:00.124');
    expect(formatClockMs(noon + 0.9999, 'utc')).toBe('12:00:01.000');
  });

  it('names both zones in full for the tooltip', () => {
    expect(formatBothZones(noon)).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:00\.000 UTC[+−]\d\d:\d\d\n2026-11-20 12:00:00\.000 UTC$/,
    );
  });

  it('is not what a broken sender made up', () => {
    expect([null, undefined, Number.NaN, 1e300].map((at) => isMoment(at))).toEqual([false, false, false, false]);
    expect(isMoment(noon)).toBe(true);
  });
});

describe('formatRelative', () => {
  it.each([
    [0, 'now'],
    [-1.5, 'now'],
    [-3, 'in 3 s'],
    [12, '12 s ago'],
    [3700, '1 h ago'],
  ])('says of what is %d s old: %s', (age, text) => expect(formatRelative(noon - age, noon)).toBe(text));
});

it('reads the ISO texts of Celery, microseconds included', () => {
  expect(readIsoTime('2026-11-20T12:00:00.250123+00:00')).toBeCloseTo(noon + 0.25, 2);
  expect(readIsoTime('tomorrow')).toBeNull();
  expect(readIsoTime(null)).toBeNull();
});
