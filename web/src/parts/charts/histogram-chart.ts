/* The histogram on a canvas: each state lies on those below it. In: the server's buckets. */
import uPlot from 'uplot';
import type { HistogramBody } from '../../../../server/contract/search.ts';
import { toLayers, type Layer } from '../../models/histogram.ts';
import { toStateView } from '../../models/task-state.ts';
import { toFrame, type FrameOptions } from './chart-frame.ts';
import { readColour } from './chart-paint.ts';
import { openPlot, type Chart } from './plot.ts';

export function openHistogram(place: HTMLElement, first: HistogramBody, options: FrameOptions): Chart<HistogramBody> {
  return openPlot(place, first, options.zone, {
    toKey: (body) => JSON.stringify([body.step, toLayers(body).map(({ state }) => state)]),
    toData: (body) => toData(body, toLayers(body)),
    toOptions: (body, readBody) =>
      toFrame(place, readBody, options, {
        series: toBars(place, toLayers(body)),
        toTop: (highest) => Math.max(1, highest),
        yAxis: {
          size: 44,
          incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 1e7, 1e8],
          values: (_plot, splits) => splits.map((n) => n.toLocaleString('en-US')),
        },
        cursor: { points: { show: false } },
        readLeast: () => readBody().step,
      }),
  });
}

/** The topmost first, for each is drawn over the one before. */
function toData({ buckets }: HistogramBody, layers: readonly Layer[]): uPlot.AlignedData {
  const heights = [...layers].reverse().map((layer) => layer.heights);
  return [buckets.map(({ at }) => at), ...(heights.length > 0 ? heights : [buckets.map(() => 0)])];
}

function toBars(place: HTMLElement, layers: readonly Layer[]): uPlot.Series[] {
  const paths = uPlot.paths.bars?.({ size: [0.85, 48], align: 1 });
  const tones = [...layers].reverse().map(({ state }) => readColour(place, `--state-${toStateView(state).tone}`));
  return (tones.length > 0 ? tones : ['transparent']).map((fill) => ({
    fill,
    width: 0,
    points: { show: false },
    ...(paths ? { paths } : {}),
  }));
}
