import { describe, expect, it } from 'vitest';
import { isZone, type ClockOptions } from '../../server/language/clock.ts';
import { printQuery } from '../../server/language/print-query.ts';
import { readQuery } from '../../server/language/read-query.ts';

const now = Date.UTC(2026, 10, 20, 9) / 1000 + 0.25;

/** In UTC, unless said otherwise. */
function canonical(text: string, options: Partial<ClockOptions> = {}): string {
  return printQuery(readQuery(text, { now, ...options }));
}

describe('a time', () => {
  it.each([
    ['received:2026-11-01', 'received:2026-11-01T00:00Z..<2026-11-02T00:00Z'],
    ['received:2026-11-01..2026-11-03', 'received:2026-11-01T00:00Z..<2026-11-04T00:00Z'],
    ['received:2026-11-01..<2026-11-03', 'received:2026-11-01T00:00Z..<2026-11-03T00:00Z'],
    ['received:>2026-11-01..', 'received:>=2026-11-02T00:00Z'],
    ['received:>2026-11-01', 'received:>=2026-11-02T00:00Z'],
    ['received:>=2026-11-01', 'received:>=2026-11-01T00:00Z'],
    ['received:<2026-11-01', 'received:<2026-11-01T00:00Z'],
    ['received:<=2026-11-01', 'received:<2026-11-02T00:00Z'],
    ['received:..2026-11-01', 'received:<2026-11-02T00:00Z'],
    ['received:*..2026-11-01', 'received:<2026-11-02T00:00Z'],
    ['received:2026-11-01T10:30', 'received:2026-11-01T10:30Z..<2026-11-01T10:31Z'],
    ['received:2026-11-01t10:30:15z', 'received:2026-11-01T10:30:15Z..<2026-11-01T10:30:16Z'],
    ['received:>2026-11-01T10:30', 'received:>2026-11-01T10:30Z'],
    ['received:"> 2026-11-01 10:30:15.5"', 'received:>2026-11-01T10:30:15.5Z'],
    ['received:2026-11-01T10:30..2026-11-01T11:00', 'received:2026-11-01T10:30Z..2026-11-01T11:00Z'],
    ['received:"2026-11-01 10:30 .. 2026-11-01 11:00"', 'received:2026-11-01T10:30Z..2026-11-01T11:00Z'],
    ['received:>2026-11-01T10:30+01:00', 'received:>2026-11-01T09:30Z'],
    ['received:>2026-11-01T10:30-0530', 'received:>2026-11-01T16:00Z'],
    ['received:>1793500000.123457', 'received:>2026-11-01T02:26:40.123457Z'],
    ['received:today', 'received:2026-11-20T00:00Z..<2026-11-21T00:00Z'],
    ['received:YESTERDAY', 'received:2026-11-19T00:00Z..<2026-11-20T00:00Z'],
    ['received:>yesterday', 'received:>=2026-11-20T00:00Z'],
    ['received:yesterday..today', 'received:2026-11-19T00:00Z..<2026-11-21T00:00Z'],
    ['received:>24h', 'received:>2026-11-19T09:00:00.25Z'],
    ['received:<1h30m', 'received:<2026-11-20T07:30:00.25Z'],
    ['received:2w..1d', 'received:2026-11-06T09:00:00.25Z..2026-11-19T09:00:00.25Z'],
    ['received:1h..now', 'received:2026-11-20T08:00:00.25Z..2026-11-20T09:00:00.25Z'],
    [
      'received:2026-11-01,2026-11-03',
      'received:2026-11-01T00:00Z..<2026-11-02T00:00Z,2026-11-03T00:00Z..<2026-11-04T00:00Z',
    ],
  ])('%s is %s', (text, expected) => {
    expect(canonical(text)).toBe(expected);
    expect(canonical(expected, { now: 0, zone: 'Asia/Kathmandu' })).toBe(expected);
  });

  it.each(
    `2026 2026-13-01 2026-02-30 2026-11-01T24:00 2026-11-01T10:60 1969-12-31 9999-12-31 10:30 tomorrow 5 -5 24h
    99999999999999`.split(/\s+/),
  )('is never %s', (value) => {
    expect(() => readQuery(`received:${value}`, { now })).toThrow(/^Invalid value '.*' of received at position 9\.$/);
  });

  it('begins no earlier than time itself', () => {
    expect(canonical('received:>9999999w')).toBe('received:>1970-01-01T00:00Z');
  });

  it('without a zone is in that of the reader', () => {
    expect(canonical('received:>2026-11-01T10:30', { utcOffsetMinutes: 330 })).toBe('received:>2026-11-01T05:00Z');
    expect(canonical('received:>2026-11-01T10:30', { zone: 'America/New_York' })).toBe('received:>2026-11-01T15:30Z');
    expect(canonical('received:today', { zone: 'Pacific/Auckland' })).toBe(
      'received:2026-11-19T11:00Z..<2026-11-20T11:00Z',
    );
  });

  it('of a day on which clocks change has 23 or 25 hours', () => {
    const zone = 'Europe/Berlin';
    expect(canonical('received:2026-03-29', { zone })).toBe('received:2026-03-28T23:00Z..<2026-03-29T22:00Z');
    expect(canonical('received:2026-10-25', { zone })).toBe('received:2026-10-24T22:00Z..<2026-10-25T23:00Z');
    expect(canonical('received:>2026-03-29T04:00', { zone })).toBe('received:>2026-03-29T02:00Z');
    expect(canonical('received:>2026-10-25T04:00', { zone })).toBe('received:>2026-10-25T03:00Z');
  });

  it('is in a zone that exists', () => {
    expect(isZone('Europe/Berlin')).toBe(true);
    expect(isZone('Europe/Atlantis')).toBe(false);
  });
});

describe('a number', () => {
  it.each([
    ['runtime:>30s', 'runtime:>30s'],
    ['runtime:>90', 'runtime:>1m30s'],
    ['runtime:1h30m', 'runtime:1h30m'],
    ['runtime:0.5', 'runtime:500ms'],
    ['runtime:1.25m', 'runtime:1m15s'],
    ['runtime:1.5', 'runtime:1.5s'],
    ['runtime:>0.0123', 'runtime:>12.3ms'],
    ['wait:1w..<2w', 'wait:7d..<14d'],
    ['wait:0', 'wait:0s'],
    ['retries:>=2', 'retries:>=2'],
    ['retries:1..5', 'retries:1..5'],
    ['retries:0,>3', 'retries:0,>3'],
  ])('%s is written %s', (text, expected) => {
    expect(canonical(text)).toBe(expected);
    expect(canonical(expected)).toBe(expected);
  });
});
