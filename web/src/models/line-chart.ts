/** Figures over time as lines that share their points in time. */
import type { QueueDepthsBody, QueueDepthBody } from '../../../server/contract/queues.ts';
import type { RuntimesBody, SearchGapBody } from '../../../server/contract/search.ts';

export interface Line {
  label: string;
  /** A colour of tokens.css; what tells lines apart without it is their dash. */
  token: string;
  /** One for each point in time; null: nothing is known. */
  values: (number | null)[];
}

export interface LineChartBody {
  from: number;
  to: number;
  /** Epoch seconds. */
  at: number[];
  lines: Line[];
  gaps: readonly SearchGapBody[];
}

/** Pixels on and off; the first line is whole. */
export const dashes: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [10, 3, 2, 3], [4, 4], [14, 5]];

const lineTokens = [
  '--state-started',
  '--state-retry',
  '--state-received',
  '--state-success',
  '--state-rejected',
  '--state-revoked',
] as const;

export function toRuntimeLines({ from, to, step, buckets, gaps }: RuntimesBody): LineChartBody {
  return {
    from,
    to,
    // A bucket is drawn at its middle.
    at: buckets.map(({ at }) => at + step / 2),
    lines: [
      { label: 'Median', token: '--state-started', values: buckets.map(({ p50 }) => p50) },
      { label: '95th percentile', token: '--state-retry', values: buckets.map(({ p95 }) => p95) },
    ],
    gaps,
  };
}

/** A line a queue. Where nobody looked, the lines are broken. */
export function toDepthLines(
  queues: QueueDepthsBody['queues'],
  step: number,
  { from, to }: { from: number; to: number },
  gaps: readonly SearchGapBody[],
): LineChartBody {
  const known = queues.flatMap(({ points }) => points.map(({ at }) => at));
  const first = known.length > 0 ? Math.min(...known) : from;
  const last = known.length > 0 ? Math.max(...known) : from;
  const at = Array.from({ length: Math.round((last - first) / step) + 1 }, (_, i) => first + i * step);
  const lines = queues.map(({ queue, points }, index) => {
    const byTime = new Map(points.map((point) => [point.at, point.ready]));
    const token = lineTokens[index % lineTokens.length] ?? lineTokens[0];
    return { label: queue, token, values: at.map((time) => byTime.get(time) ?? null) };
  });
  return { from, to, at, lines, gaps };
}

/** `M0 8L3 2…` within a box; gaps of more than `step` seconds break the line. Empty: fewer than two points. */
export function toSparkline(
  points: readonly Pick<QueueDepthBody, 'at' | 'ready'>[],
  { from, to, step }: { from: number; to: number; step: number },
  { width, height }: { width: number; height: number },
): string {
  const most = Math.max(1, ...points.map(({ ready }) => ready));
  const x = (at: number) => ((width * (at - from)) / Math.max(1, to - from)).toFixed(1);
  const y = (ready: number) => (height - (height * ready) / most).toFixed(1);
  let last = -Infinity;
  return points
    .map(({ at, ready }) => {
      const mark = at - last > step * 1.5 ? 'M' : 'L';
      last = at;
      return `${mark}${x(at)} ${y(ready)}`;
    })
    .join('');
}
