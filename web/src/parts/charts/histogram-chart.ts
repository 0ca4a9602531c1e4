/*
 * The histogram on a canvas. In: the server's buckets; out: what the pointer is over, and stretches that were brushed.
 * Each state lies on those below it; where nothing was seen, the chart is hatched. It fetches nothing.
 */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { HistogramBody } from '../../../../server/contract/search.ts';
import { formatTick, toLayers, type Layer } from '../../models/histogram.ts';
import { toStateView } from '../../models/task-state.ts';
import type { Zone } from '../../models/time.ts';
import { hatchGaps, readColour } from './chart-paint.ts';

export interface ChartOptions {
  zone: Zone;
  /** Charts that have it in common share their cursor. */
  sync?: string;
  /** Index of the bucket under the pointer; null: none. */
  onPoint: (index: number | null) => void;
  /** Epoch seconds. */
  onBrush: (start: number, end: number) => void;
}

export interface Chart<Body = HistogramBody> {
  readonly zone: Zone;
  show(body: Body): void;
  /** The theme is another one. */
  recolour(): void;
  close(): void;
}

/** Draws into `place`, as wide and high as it is. */
export function openChart(place: HTMLElement, first: HistogramBody, options: ChartOptions): Chart {
  let body = first;
  let plot = draw();
  let drawn = toKey(first);

  function draw(): uPlot {
    const layers = toLayers(body);
    return new uPlot(
      toOptions(place, layers, () => body, options),
      toData(body, layers),
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
      if (toKey(next) === drawn) plot.setData(toData(next, toLayers(next)));
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
function toKey(body: HistogramBody): string {
  return JSON.stringify([body.step, toLayers(body).map(({ state }) => state)]);
}

/** The topmost first, for each is drawn over the one before. */
function toData({ buckets }: HistogramBody, layers: readonly Layer[]): uPlot.AlignedData {
  const heights = [...layers].reverse().map((layer) => layer.heights);
  return [buckets.map(({ at }) => at), ...(heights.length > 0 ? heights : [buckets.map(() => 0)])];
}

function toOptions(
  place: HTMLElement,
  layers: readonly Layer[],
  readBody: () => HistogramBody,
  { zone, sync, onPoint, onBrush }: ChartOptions,
): uPlot.Options {
  const colour = (name: string) => readColour(place, name);
  const axis = { stroke: colour('--ink-soft'), font: `11px ${getComputedStyle(place).fontFamily}` };
  const grid = { stroke: colour('--line'), width: 1 };
  const paths = uPlot.paths.bars?.({ size: [0.85, 48], align: 1 });
  const tones = [...layers].reverse().map(({ state }) => colour(`--state-${toStateView(state).tone}`));
  const bar = (fill: string): uPlot.Series => ({
    fill,
    width: 0,
    points: { show: false },
    ...(paths ? { paths } : {}),
  });
  return {
    width: place.clientWidth,
    height: place.clientHeight,
    legend: { show: false },
    padding: [8, 16, 0, 0],
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: true, y: false, setScale: false },
      ...(sync === undefined ? {} : { sync: { key: sync, scales: ['x', null] } }),
    },
    scales: {
      x: { time: true, range: () => [readBody().from, Math.max(readBody().to, readBody().from + readBody().step)] },
      y: { range: (_plot, _low, high) => [0, Math.max(1, high)] },
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
        size: 44,
        gap: 4,
        space: 26,
        grid,
        ticks: { show: false },
        incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 1e7, 1e8],
        values: (_plot, splits) => splits.map((n) => n.toLocaleString('en-US')),
      },
    ],
    ...(zone === 'utc' ? { tzDate: (at: number) => uPlot.tzDate(new Date(at * 1000), 'Etc/UTC') } : {}),
    series: [{}, ...(tones.length > 0 ? tones : ['transparent']).map(bar)],
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
