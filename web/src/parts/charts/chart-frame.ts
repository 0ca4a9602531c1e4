/* What all charts have around their figures: time from left to right, colours, gaps, and what the pointer does. */
import uPlot from 'uplot';
import { formatTick } from '../../models/histogram.ts';
import type { Zone } from '../../models/time.ts';
import { hatchGaps, readColour, type Hatched } from './chart-paint.ts';

export interface FrameOptions {
  zone: Zone;
  /** Charts that have it in common share their cursor. */
  sync?: string;
  /** Index of the point in time under the pointer; null: none. */
  onPoint: (index: number | null) => void;
  /** Epoch seconds. */
  onBrush: (start: number, end: number) => void;
}

/** What is drawn within it. */
export interface Framed {
  series: uPlot.Series[];
  /** Where the y axis ends, by the highest figure. */
  toTop: (highest: number) => number;
  yAxis: uPlot.Axis;
  cursor?: uPlot.Cursor;
  /** Seconds that the x axis has at the least. */
  readLeast: () => number;
}

type Stretch = Hatched & { from: number };

/** `readStretch`: what is shown at the time it is asked. */
export function toFrame(
  place: HTMLElement,
  readStretch: () => Stretch,
  { zone, sync, onPoint, onBrush }: FrameOptions,
  { series, toTop, yAxis, cursor, readLeast }: Framed,
): uPlot.Options {
  const colour = (name: string) => readColour(place, name);
  const axis = { stroke: colour('--ink-soft'), font: `11px ${getComputedStyle(place).fontFamily}` };
  const grid = { stroke: colour('--line'), width: 1 };
  return {
    width: place.clientWidth,
    height: place.clientHeight,
    legend: { show: false },
    padding: [8, 16, 0, 0],
    cursor: {
      y: false,
      drag: { x: true, y: false, setScale: false },
      ...(sync === undefined ? {} : { sync: { key: sync, scales: ['x', null] } }),
      ...cursor,
    },
    scales: {
      x: {
        time: true,
        range: () => {
          const { from, to } = readStretch();
          return [from, Math.max(to, from + readLeast())];
        },
      },
      y: { range: (_plot, _low, high) => [0, toTop(high)] },
    },
    axes: [
      {
        ...axis,
        size: 24,
        space: 64,
        gap: 2,
        grid: { show: false },
        ticks: { ...grid, size: 4 },
        values: (_plot, splits, _axis, _space, increment) => splits.map((at) => formatTick(at, increment, zone)),
      },
      { ...axis, gap: 4, space: 26, grid, ticks: { show: false }, ...yAxis },
    ],
    ...(zone === 'utc' ? { tzDate: (at: number) => uPlot.tzDate(new Date(at * 1000), 'Etc/UTC') } : {}),
    series: [{}, ...series],
    hooks: {
      draw: [(plot) => hatchGaps(plot, readStretch(), colour('--ink-soft'))],
      setCursor: [({ cursor: at }) => onPoint(at.left !== undefined && at.left >= 0 ? (at.idx ?? null) : null)],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          // One that is drawn anew under a brush still hears where it ends, and has another time by then.
          if (width > 2 && plot.root.isConnected) onBrush(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}
