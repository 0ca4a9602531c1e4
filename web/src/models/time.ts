import { formatAge } from './duration.ts';

export type Zone = 'local' | 'utc';

/** As the server knows it: `Europe/Berlin`. */
export function toZoneName(zone: Zone): string {
  return zone === 'utc' ? 'UTC' : Intl.DateTimeFormat().resolvedOptions().timeZone;
}

const two = (n: number) => String(n).padStart(2, '0');

function parts(epochS: number, zone: Zone) {
  // Rounded, or 0.1234 s shows as 123 ms here and as 124 ms there.
  const ms = Math.round(epochS * 1000);
  const shifted = zone === 'utc' ? new Date(ms) : new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  const [date = '', rest = ''] = shifted.toISOString().split('T');
  return { date, clock: rest.slice(0, 8), ms: rest.slice(9, 12) };
}

/** Whether a number is a moment that can be shown; a worker may send anything as its timestamp. */
export function isMoment(epochS: number | null | undefined): epochS is number {
  return typeof epochS === 'number' && Math.abs(epochS) < 8.64e12;
}

/** `14:03:07.123` */
export function formatClockMs(epochS: number, zone: Zone): string {
  const { clock, ms } = parts(epochS, zone);
  return `${clock}.${ms}`;
}

/** `2026-11-20 14:03:07`; the date is left out on the day of `nowS`. */
export function formatMoment(epochS: number, nowS: number, zone: Zone): string {
  const { date, clock } = parts(epochS, zone);
  return date === parts(nowS, zone).date ? clock : `${date} ${clock}`;
}

/** `12:00:00 – 14:03:07` on the day of `nowS`; of another day with its date, and of two days with both. */
export function formatStretch(from: number, to: number, nowS: number, zone: Zone): string {
  const [begin, end] = [parts(from, zone), parts(to, zone)];
  if (begin.date === end.date) return `${formatMoment(from, nowS, zone)} – ${end.clock}`;
  return `${begin.date} ${begin.clock} – ${end.date} ${end.clock}`;
}

/** `2026-11-20` */
export function formatDate(epochS: number, zone: Zone): string {
  return parts(epochS, zone).date;
}

/** `UTC+01:00` */
export function formatOffset(epochS: number): string {
  const west = new Date(epochS * 1000).getTimezoneOffset();
  const minutes = Math.abs(west);
  return `UTC${west > 0 ? '−' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** Both zones in full, for the tooltip: what is pasted into a chat must not need a question back. */
export function formatBothZones(epochS: number): string {
  const local = parts(epochS, 'local');
  const utc = parts(epochS, 'utc');
  return `${local.date} ${local.clock}.${local.ms} ${formatOffset(epochS)}\n${utc.date} ${utc.clock}.${utc.ms} UTC`;
}

/** `12 s ago`, `now`, `in 5 min`. Two seconds ahead still count as now: clocks are never quite alike. */
export function formatRelative(epochS: number, nowS: number): string {
  const age = nowS - epochS;
  if (age < -2) return `in ${formatAge(-age)}`;
  return age < 1 ? 'now' : `${formatAge(age)} ago`;
}

/** An ISO 8601 text (a task's eta or expiry) → epoch seconds; null when it is no date. */
export function readIsoTime(text: string | null): number | null {
  if (text === null) return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms / 1000;
}
