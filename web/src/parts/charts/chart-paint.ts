/** What all charts draw alike. */
import type uPlot from 'uplot';
import type { SearchGapBody } from '../../../../server/contract/search.ts';

export interface Hatched {
  gaps: readonly SearchGapBody[];
  /** Where the chart ends, epoch seconds. */
  to: number;
}

/** A token as the canvas needs it: `light-dark()` is worked out by an element only. */
export function readColour(place: HTMLElement, name: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${name})`;
  place.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** Where nothing was seen. */
export function hatchGaps(plot: uPlot, { gaps, to }: Hatched, colour: string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  for (const gap of gaps) {
    const low = Math.max(bbox.left, plot.valToPos(gap.from, 'x', true));
    const high = Math.min(bbox.left + bbox.width, plot.valToPos(gap.to ?? to, 'x', true));
    // A gap of a second in a day is still to be seen.
    if (high >= low) ctx.rect(low, bbox.top, Math.max(high - low, 2), bbox.height);
  }
  ctx.clip();
  ctx.strokeStyle = colour;
  ctx.globalAlpha = 0.7;
  ctx.beginPath();
  const gapPx = 6 * devicePixelRatio;
  for (let x = bbox.left - bbox.height; gaps.length > 0 && x < bbox.left + bbox.width; x += gapPx) {
    ctx.moveTo(x, bbox.top + bbox.height);
    ctx.lineTo(x + bbox.height, bbox.top);
  }
  ctx.stroke();
  ctx.restore();
}
