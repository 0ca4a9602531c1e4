import { formatMoment, formatStretch, type Zone } from './time.ts';

export interface Preset {
  label: string;
  /** What stands in the search; null: nothing. */
  part: string | null;
}

export const presets: readonly Preset[] = [
  { label: 'Last 15 minutes', part: 'received:>15m' },
  { label: 'Last hour', part: 'received:>1h' },
  { label: 'Last 24 hours', part: 'received:>24h' },
  { label: 'Last 7 days', part: 'received:>7d' },
  { label: 'All time', part: null },
];

const absolute = /^received:(?:>=(?<from>[^.<>"]+)|(?<low>[^.<>"]+)\.\.<(?<high>[^.<>"]+)|<(?<to>[^.<>"]+))$/;

export interface Range {
  from: number | null;
  to: number | null;
}

const readEnd = (text: string | undefined): number | null => {
  const ms = text === undefined ? NaN : Date.parse(text);
  return Number.isNaN(ms) ? null : ms / 1000;
};

/** The ends of a range as `toRangeText` writes it; null: it is another one. */
export function readAbsolute(part: string | null): Range | null {
  const groups = part === null ? undefined : absolute.exec(part)?.groups;
  if (!groups) return null;
  const from = readEnd(groups['from'] ?? groups['low']);
  const to = readEnd(groups['high'] ?? groups['to']);
  return from === null && to === null ? null : { from, to };
}

/** What the button says. `part`: the condition in the search. */
export function toRangeLabel(part: string | null, nowS: number, zone: Zone): string {
  const preset = presets.find((each) => each.part?.toLowerCase() === part?.toLowerCase());
  if (preset) return preset.label;
  const range = readAbsolute(part);
  if (!range) return part?.replace(/^received:/i, '') ?? '';
  const { from, to } = range;
  if (from !== null && to !== null) return withoutSeconds(formatStretch(from, to, nowS, zone));
  const show = (at: number) => withoutSeconds(formatMoment(at, nowS, zone));
  return from !== null ? `From ${show(from)}` : `Until ${show(to ?? 0)}`;
}

/** Where they are none. */
const withoutSeconds = (text: string) => text.replaceAll(/:00(?= –|$)/g, '');

/** For and from `<input type="datetime-local">`: a wall time of this zone. */
export function toInputTime(epochS: number, zone: Zone): string {
  const offsetMs = zone === 'utc' ? 0 : new Date(epochS * 1000).getTimezoneOffset() * 60_000;
  return new Date(epochS * 1000 - offsetMs).toISOString().slice(0, 19);
}

/** null: nothing, or no time. */
export function readInputTime(text: string, zone: Zone): number | null {
  return readEnd(text === '' ? undefined : zone === 'utc' ? `${text}Z` : text);
}
