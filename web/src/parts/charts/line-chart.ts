/* Lines over time on a canvas. In: figures that share their points in time. */
import type uPlot from 'uplot';
import { dashes, type LineChartBody } from '../../models/line-chart.ts';
import { toFrame, type FrameOptions } from './chart-frame.ts';
import { readColour } from './chart-paint.ts';
import { openPlot, type Chart } from './plot.ts';

export interface LineChartOptions extends FrameOptions {
  /** On the axis. */
  format: (value: number) => string;
  /** The steps that the axis may go in; those of uPlot unless told. */
  increments?: number[];
}

export function openLineChart(
  place: HTMLElement,
  first: LineChartBody,
  options: LineChartOptions,
): Chart<LineChartBody> {
  const { format, increments } = options;
  return openPlot(place, first, options.zone, {
    toKey: ({ lines }) => JSON.stringify(lines.map(({ label, token }) => [label, token])),
    toData: ({ at, lines }) => [at, ...(lines.length > 0 ? lines.map(({ values }) => values) : [at.map(() => null)])],
    toOptions: (body, readBody) =>
      toFrame(place, readBody, options, {
        series: body.lines.length > 0 ? toLines(place, body) : [{}],
        toTop: (highest) => (highest > 0 ? highest * 1.05 : 1),
        yAxis: {
          size: 52,
          ...(increments ? { incrs: increments } : {}),
          values: (_plot, splits) => splits.map(format),
        },
        readLeast: () => 1,
      }),
  });
}

function toLines(place: HTMLElement, { lines }: LineChartBody): uPlot.Series[] {
  return lines.map(({ token }, index) => ({
    stroke: readColour(place, token),
    width: 1.75,
    dash: [...(dashes[index % dashes.length] ?? [])],
    points: { show: (plot: uPlot, series: number) => isAlone(plot.data[series] ?? []), size: 5 },
  }));
}

/** A value between two unknown ones is no line: it needs a dot to be seen. */
function isAlone(values: ArrayLike<number | null | undefined>): boolean {
  const known = Array.from(values).filter((value) => value !== null && value !== undefined).length;
  return known < 30;
}
