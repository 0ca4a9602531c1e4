// Loops over the sketches of a block: half a microsecond each, where few rows fit.
import { blockRows } from '../../store/columns.ts';
import type { Sketch } from '../../store/number-sketch.ts';

/** More than any sketch. */
export const beyondSketches = 0x1ffff;

/** Whether a row, also one that does not fit, has a sketch from `low` up to `high`. */
export function hasWithin(low: number, high: number, sketch: Sketch): boolean {
  let outside = -1;
  for (let i = 0; i < blockRows; i++) outside &= (sketch[i]! - low) | (high - sketch[i]!);
  return outside >= 0;
}

/**
 * Of the rows that may fit, mostly few, and none of four: the one with the least sketch from `from` on, or, where `sign` is
 * -1, the greatest up to it; null: of all. -1: none has a value.
 */
export function nearestRow(sign: number, from: number | null, sketch: Sketch, fits: Uint8Array): number {
  const least = from === null ? -beyondSketches : sign * from;
  let [row, nearest] = [-1, beyondSketches];
  for (let at = 0; at < blockRows; at += 4) {
    const end = Math.min(at + 4, blockRows);
    if (end - at === 4 && (fits[at]! | fits[at + 1]! | fits[at + 2]! | fits[at + 3]!) === 0) continue;
    for (let i = at; i < end; i++) {
      const each = sign * sketch[i]!;
      if (each >= nearest || each < least || sketch[i] === 0 || fits[i] === 0) continue;
      [row, nearest] = [i, each];
    }
  }
  return row;
}
