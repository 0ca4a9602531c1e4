/** Points and stretches of time as people write them. Epoch seconds, whole microseconds, years 1970 to 9998. */
import { readDurationWithUnit } from './durations.ts';
import type { Clock } from './clock.ts';

/** What a text names: `end` is exclusive. */
export interface TimeSpan {
  start: number;
  end: number;
  /**
   * `day`: the whole of it, as a bound too. `time`: a minute or a second by itself, its start as a bound. `instant`: no
   * stretch at all. `ago`: an instant so long before now, which makes sense as a bound only.
   */
  precision: 'day' | 'time' | 'instant' | 'ago';
}

/** Days of the year 9999 have an end that ISO 8601 writes in another way. */
const latest = Date.UTC(9999, 0, 1) / 1000;

const date = '(\\d{4})-(\\d{2})-(\\d{2})';
const timeOfDay = '(\\d{2}):(\\d{2})(?::(\\d{2})(?:\\.(\\d{1,9}))?)?';
const offset = ' ?(Z|[+-]\\d{2}(?::?\\d{2})?)?';
const timePattern = new RegExp(`^${date}(?:[T ]${timeOfDay}${offset})?$`, 'i');
/** At least nine digits, so that a year is no time of 1970. */
const epochPattern = /^\d{9,12}(?:\.\d+)?$/;

/** What a text names; null: no time, or one that the calendar does not have. */
export function readTime(text: string, clock: Clock): TimeSpan | null {
  if (/^today$/i.test(text)) return toDay(clock.today(0), clock);
  if (/^yesterday$/i.test(text)) return toDay(clock.today(-1), clock);
  if (/^now$/i.test(text)) return toInstant(clock.now, 'instant');
  const ago = readDurationWithUnit(text);
  if (ago !== null) return toInstant(Math.max(0, clock.now - ago), 'ago');
  if (epochPattern.test(text)) return toInstant(Number(text), 'instant');
  const found = timePattern.exec(text);
  return found === null ? null : readCalendarTime(found, clock);
}

function readCalendarTime(found: RegExpExecArray, clock: Clock): TimeSpan | null {
  const [, year = '', month = '', day = '', hour, minute, second, fraction, zone] = found;
  const wallDay = Date.UTC(Number(year), Number(month) - 1, Number(day)) / 1000;
  const isDate = new Date(wallDay * 1000).toISOString().startsWith(`${year}-${month}-${day}`);
  if (!isDate || wallDay < 0 || wallDay >= latest) return null;
  if (hour === undefined) return toDay(wallDay, clock);
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second ?? 0) > 59) return null;
  const wall = wallDay + Number(hour) * 3600 + Number(minute) * 60 + Number(second ?? 0);
  const start = zone === undefined ? clock.toEpoch(wall) : wall - readOffsetS(zone);
  if (start < 0) return null;
  // Put together as text, so that the digits are read as one number.
  if (fraction !== undefined) return toInstant(Number(`${start}.${fraction}`), 'instant');
  return { start, end: start + (second === undefined ? 60 : 1), precision: 'time' };
}

function readOffsetS(zone: string): number {
  if (/^z$/i.test(zone)) return 0;
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes ?? 0) * 60);
}

function toDay(wallDay: number, clock: Clock): TimeSpan {
  return {
    start: Math.max(0, clock.toEpoch(wallDay)),
    end: Math.max(0, clock.toEpoch(wallDay + 86_400)),
    precision: 'day',
  };
}

function toInstant(time: number, precision: 'instant' | 'ago'): TimeSpan | null {
  const start = Number(time.toFixed(6));
  return start >= latest ? null : { start, end: start, precision };
}

/** The text that reads as exactly this time, whatever the clock of the reader: ISO 8601 in UTC, no longer than needed. */
export function printTime(time: number): string {
  const [whole = '', fraction] = String(time).split('.');
  const iso = new Date(Number(whole) * 1000).toISOString();
  if (fraction !== undefined) return `${iso.slice(0, 19)}.${fraction}Z`;
  return `${iso.slice(0, iso.slice(17, 19) === '00' ? 16 : 19)}Z`;
}
