/** The time that the overview is about, and its figures. */
import type { HistogramBody } from '../../../server/contract/search.ts';
import type { QueueBody, QueueDepthsBody } from '../../../server/contract/queues.ts';
import { toRangeText } from './search-text.ts';

export const overviewRanges = [
  { id: '1h', label: '1 hour', seconds: 3600 },
  { id: '6h', label: '6 hours', seconds: 6 * 3600 },
  { id: '24h', label: '24 hours', seconds: 86_400 },
  { id: '7d', label: '7 days', seconds: 7 * 86_400 },
] as const;

export type RangeId = (typeof overviewRanges)[number]['id'];

/** Epoch seconds, the end not in it; or the last so many seconds. */
export type OverviewRange =
  { kind: 'last'; id: RangeId; seconds: number } | { kind: 'fixed'; from: number; to: number };

const wholeDay = overviewRanges[2];

/** The last day unless the address says otherwise. */
export function readOverviewRange(query: URLSearchParams): OverviewRange {
  const [from, to] = [Number(query.get('from') ?? NaN), Number(query.get('to') ?? NaN)];
  if (Number.isFinite(from) && Number.isFinite(to) && from < to && from >= 0) return { kind: 'fixed', from, to };
  const { id, seconds } = overviewRanges.find((each) => each.id === query.get('range')) ?? wholeDay;
  return { kind: 'last', id, seconds };
}

export function toOverviewQuery(range: { id: RangeId } | { from: number; to: number }): URLSearchParams {
  if ('id' in range) return new URLSearchParams(range.id === wholeDay.id ? {} : { range: range.id });
  return new URLSearchParams({ from: String(range.from), to: String(range.to) });
}

export interface Stretch {
  from: number;
  to: number;
}

/** Epoch seconds. A young history is drawn from its `begin` on, instead of as a line at the end of a day. */
export function toStretch(range: OverviewRange, begin: number | null, nowS: number): Stretch {
  if (range.kind === 'fixed') return range;
  const to = Math.ceil(nowS);
  const from = to - range.seconds;
  // A minute at least: else a history of a moment fills the chart with one bar.
  return { from: begin !== null && begin > from ? Math.min(Math.floor(begin), to - 60) : from, to };
}

/** What stands in a search for the same stretch of time: `received:>24h`, or its two ends. */
export function toStretchText(range: OverviewRange): string {
  return range.kind === 'last' ? `received:>${range.id}` : (toRangeText('received', range.from, range.to) ?? '');
}

/** The chart without some states, or with these alone. */
export function withStates(body: HistogramBody, isShown: (state: string) => boolean): HistogramBody {
  const buckets = body.buckets.map(({ at, states }) => ({
    at,
    states: Object.fromEntries(Object.entries(states).filter(([state]) => isShown(state))),
  }));
  return { ...body, buckets };
}

/** `2.3 %`; null when there is no task. */
export function toFailureShare(states: Readonly<Record<string, number>>): string | null {
  const all = Object.values(states).reduce((sum, tasks) => sum + tasks, 0);
  if (all === 0) return null;
  const share = (100 * (states['FAILURE'] ?? 0)) / all;
  return share > 0 && share < 0.1 ? '< 0.1 %' : `${share.toFixed(share < 10 ? 1 : 0)} %`;
}

export interface Waiting {
  ready: number;
  /** Seconds; null: nothing waits, or nobody knows for how long. */
  oldestS: number | null;
}

/** All queues together. */
export function toWaiting(queues: readonly QueueBody[]): Waiting {
  const ages = queues.flatMap(({ oldest }) => oldest?.age ?? []);
  return {
    ready: queues.reduce((sum, { ready }) => sum + ready, 0),
    oldestS: ages.length > 0 ? Math.max(...ages) : null,
  };
}

/** The queues in which most waited, the deepest first. */
export function deepestQueues({ queues }: QueueDepthsBody, most: number): QueueDepthsBody['queues'] {
  const peak = (points: readonly { ready: number }[]) => Math.max(0, ...points.map(({ ready }) => ready));
  return [...queues].sort((a, b) => peak(b.points) - peak(a.points)).slice(0, most);
}

export function toQuery(fields: Readonly<Record<string, string>>): URLSearchParams {
  return new URLSearchParams(fields);
}
