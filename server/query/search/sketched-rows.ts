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

// Of the rows that may fit, mostly few, and none of four, the nearest; -1: none has a value.

export function leastFrom(bound: number, sketch: Sketch, fits: Uint8Array): number {
  let [row, least] = [-1, beyondSketches];
  for (let at = 0; at < blockRows; at += 4) {
    const end = Math.min(at + 4, blockRows);
    if (end - at === 4 && (fits[at]! | fits[at + 1]! | fits[at + 2]! | fits[at + 3]!) === 0) continue;
    for (let i = at; i < end; i++) {
      const each = sketch[i]!;
      if (each >= least || each < bound || fits[i] === 0) continue;
      [row, least] = [i, each];
    }
  }
  return row;
}

export function greatestUpTo(bound: number, sketch: Sketch, fits: Uint8Array): number {
  let [row, greatest] = [-1, 0];
  for (let at = 0; at < blockRows; at += 4) {
    const end = Math.min(at + 4, blockRows);
    if (end - at === 4 && (fits[at]! | fits[at + 1]! | fits[at + 2]! | fits[at + 3]!) === 0) continue;
    for (let i = at; i < end; i++) {
      const each = sketch[i]!;
      if (each <= greatest || each > bound || fits[i] === 0) continue;
      [row, greatest] = [i, each];
    }
  }
  return row;
}
