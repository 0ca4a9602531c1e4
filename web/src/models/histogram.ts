import type { HistogramBody } from '../../../server/contract/search.ts';
import { statesInOrder, toStateView } from './task-state.ts';
import { formatClockMs, formatDate, type Zone } from './time.ts';

/** Of one state, from the bottom of the stack to its top. */
export interface Layer {
  state: string;
  /** How high the stack is with this state, bucket by bucket. */
  heights: number[];
}

/** The states that occur, the worst at the bottom, where heights compare best; one's own states on top. */
export function toLayers({ buckets }: HistogramBody): Layer[] {
  const found = new Set(buckets.flatMap(({ states }) => Object.keys(states)));
  const known: readonly string[] = statesInOrder;
  const own = [...found].filter((state) => !known.includes(state)).sort();
  const heights = buckets.map(() => 0);
  return [...known.filter((state) => found.has(state)), ...own].map((state) => {
    buckets.forEach((bucket, index) => (heights[index] = (heights[index] ?? 0) + (bucket.states[state] ?? 0)));
    return { state, heights: [...heights] };
  });
}

const day = 86_400;

/** Under the chart: `14:05`, `14:05:30`, or `11-20` where a day begins and all that is said are days. */
export function formatTick(at: number, incrementS: number, zone: Zone): string {
  const clock = formatClockMs(at, zone);
  if (incrementS >= day || clock.startsWith('00:00:00')) return formatDate(at, zone).slice(5);
  return incrementS < 60 ? clock.slice(0, 8) : clock.slice(0, 5);
}

/** `14:05 – 14:06`, with the date where it is not the day of `nowS`. */
export function formatBucket(at: number, step: number, nowS: number, zone: Zone): string {
  const isToday = formatDate(at, zone) === formatDate(nowS, zone);
  const clock = (time: number) => formatClockMs(time, zone).slice(0, step % 60 === 0 ? 5 : 8);
  if (step >= day) return formatDate(at, zone);
  return `${isToday ? '' : `${formatDate(at, zone)} `}${clock(at)} – ${clock(at + step)}`;
}

/** `3 Failure, 20 Success`; empty when there is none. */
export function describeStates(states: Record<string, number>): string {
  const known: readonly string[] = [...statesInOrder, ...Object.keys(states)];
  return [...new Set(known)]
    .filter((state) => (states[state] ?? 0) > 0)
    .map((state) => `${(states[state] ?? 0).toLocaleString('en-US')} ${toStateView(state).label}`)
    .join(', ');
}

/** All buckets of the chart in one. */
export function sumStates({ buckets }: HistogramBody): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const { states } of buckets)
    for (const [state, tasks] of Object.entries(states)) sum[state] = (sum[state] ?? 0) + tasks;
  return sum;
}

/** What a brush over the chart means: whole buckets, epoch seconds, the end not in it. */
export function toBrushed({ from, to, step }: HistogramBody, start: number, end: number): { from: number; to: number } {
  const low = from + Math.floor((Math.min(start, end) - from) / step) * step;
  const high = from + Math.ceil((Math.max(start, end) - from) / step) * step;
  const last = Math.max(to, from + step);
  const begin = Math.min(Math.max(low, from), last - 1);
  return { from: begin, to: Math.max(Math.min(high, last), begin + 1) };
}
