/*
 * How a chart on a canvas lives. In: figures, and how their kind is drawn; out: a chart that is as wide and high as its
 * place, and is drawn anew for another theme or for figures of another kind. It fetches nothing.
 */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Zone } from '../../models/time.ts';

export interface Chart<Body> {
  readonly zone: Zone;
  show(body: Body): void;
  /** The theme is another one. */
  recolour(): void;
  close(): void;
}

/** How a kind of chart is drawn. */
export interface Drawing<Body> {
  /** Charts that have it in common differ in their figures only. */
  toKey: (body: Body) => string;
  toData: (body: Body) => uPlot.AlignedData;
  /** `readBody`: what is shown at any later time. */
  toOptions: (body: Body, readBody: () => Body) => uPlot.Options;
}

/** Draws into `place`. */
export function openPlot<Body>(
  place: HTMLElement,
  first: Body,
  zone: Zone,
  { toKey, toData, toOptions }: Drawing<Body>,
): Chart<Body> {
  let body = first;
  let plot = draw();
  let drawn = toKey(first);

  function draw(): uPlot {
    return new uPlot(
      toOptions(body, () => body),
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
    zone,
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
