/*
 * Lines over time on a canvas. In: figures; out: what the pointer is over, and stretches that were brushed. Charts of one
 * `sync` share their cursor. It fetches nothing.
 */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatTick } from '../../models/histogram.ts';
import { dashes, type LineChartBody } from '../../models/line-chart.ts';
import type { Zone } from '../../models/time.ts';
import { hatchGaps, readColour } from './chart-paint.ts';
import type { Chart } from './histogram-chart.ts';

export interface LineChartOptions {
  zone: Zone;
  sync: string;
  /** On the axis. */
  format: (value: number) => string;
  /** The steps that the axis may go in; those of uPlot unless told. */
  increments?: number[];
  onPoint: (index: number | null) => void;
  /** Epoch seconds. */
  onBrush: (start: number, end: number) => void;
}

/** Draws into `place`, as wide and high as it is. */
export function openLineChart(
  place: HTMLElement,
  first: LineChartBody,
  options: LineChartOptions,
): Chart<LineChartBody> {
  let body = first;
  let plot = draw();
  let drawn = toKey(first);

  function draw(): uPlot {
    return new uPlot(
      toOptions(place, body, () => body, options),
      toData(body),
      place,
    );
  }

  function redraw(): void {
    plot.destroy();
    plot = draw();
    drawn = toKey(body);
  }

  const watched = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: place.clientHeight }));
  watched.observe(place);
  const scheme = matchMedia('(prefers-color-scheme: dark)');
  scheme.addEventListener('change', redraw);

  return {
    zone: options.zone,
    show(next) {
      body = next;
      if (toKey(next) === drawn) plot.setData(toData(next));
      else redraw();
    },
    recolour: redraw,
    close() {
      watched.disconnect();
      scheme.removeEventListener('change', redraw);
      plot.destroy();
    },
  };
}

/** Charts that have it in common differ in their figures only. */
function toKey({ lines }: LineChartBody): string {
  return JSON.stringify(lines.map(({ label, token }) => [label, token]));
}

function toData({ at, lines }: LineChartBody): uPlot.AlignedData {
  return [at, ...(lines.length > 0 ? lines.map(({ values }) => values) : [at.map(() => null)])];
}

function toOptions(
  place: HTMLElement,
  { lines }: LineChartBody,
  readBody: () => LineChartBody,
  { zone, sync, format, increments, onPoint, onBrush }: LineChartOptions,
): uPlot.Options {
  const colour = (name: string) => readColour(place, name);
  const axis = { stroke: colour('--ink-soft'), font: `11px ${getComputedStyle(place).fontFamily}` };
  const grid = { stroke: colour('--line'), width: 1 };
  const drawn = lines.map(({ token }, index) => ({
    stroke: colour(token),
    width: 1.75,
    dash: [...(dashes[index % dashes.length] ?? [])],
    points: { show: (plot: uPlot, series: number) => isAlone(plot.data[series] ?? []), size: 5 },
  }));
  return {
    width: place.clientWidth,
    height: place.clientHeight,
    legend: { show: false },
    padding: [8, 16, 0, 0],
    cursor: { y: false, drag: { x: true, y: false, setScale: false }, sync: { key: sync, scales: ['x', null] } },
    scales: {
      x: { time: true, range: () => [readBody().from, Math.max(readBody().to, readBody().from + 1)] },
      y: { range: (_plot, _low, high) => [0, high > 0 ? high * 1.05 : 1] },
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
      {
        ...axis,
        size: 52,
        gap: 4,
        space: 26,
        grid,
        ticks: { show: false },
        ...(increments ? { incrs: increments } : {}),
        values: (_plot, splits) => splits.map(format),
      },
    ],
    ...(zone === 'utc' ? { tzDate: (at: number) => uPlot.tzDate(new Date(at * 1000), 'Etc/UTC') } : {}),
    series: [{}, ...(drawn.length > 0 ? drawn : [{}])],
    hooks: {
      draw: [(plot) => hatchGaps(plot, readBody(), colour('--ink-soft'))],
      setCursor: [({ cursor }) => onPoint(cursor.left !== undefined && cursor.left >= 0 ? (cursor.idx ?? null) : null)],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width > 2) onBrush(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

/** A value between two unknown ones is no line: it needs a dot to be seen. */
function isAlone(values: ArrayLike<number | null | undefined>): boolean {
  const known = Array.from(values).filter((value) => value !== null && value !== undefined).length;
  return known < 30;
}
