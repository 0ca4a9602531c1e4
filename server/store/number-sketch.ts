import { blockRows, type NumberColumn } from './columns.ts';

/**
 * Numbers of a column, coarsely, in two bytes each, so that those of ten million tasks can stay in memory: the greater
 * the number, the greater its sketch, or the same; 0 stands for none. One sketch is one 2048th of an octave, between 30 µs
 * and a day and a half: of a million run times some dozens share one.
 */
export type Sketch = Uint16Array;

/**
 * Columns of which a block's least and greatest number tell little: among a thousand run times there is a long one. Times
 * rise from block to block.
 */
export type SketchedColumn = 'runtime' | 'wait' | 'retries';

const sketched: ReadonlySet<NumberColumn> = new Set<SketchedColumn>(['runtime', 'wait', 'retries']);

export function isSketched(column: NumberColumn): column is SketchedColumn {
  return sketched.has(column);
}

/** Of the upper half of a double, what is left are its exponent and 11 bits of its fraction. */
const droppedBits = 9;
/** What is less, and all that is below zero, has the least sketch: 1. */
const leastNumber = 2 ** -15;
const leastSketch = 1;
const greatestSketch = 0xffff;

const float = new Float64Array(1);
const halves = new Uint32Array(float.buffer);
/** Of the least number that has the sketch after the least. */
const firstBits = stepOf(leastNumber) - leastSketch - 1;

function stepOf(number: number): number {
  float[0] = number;
  return halves[1]! >>> droppedBits;
}

/** Of a block. */
export function toSketch(numbers: Float64Array): Sketch {
  const sketch = new Uint16Array(blockRows);
  for (let i = 0; i < blockRows; i++) sketch[i] = sketchOf(numbers[i]!);
  return sketch;
}

/** NaN: none. */
export function sketchOf(number: number): number {
  if (number < leastNumber) return leastSketch;
  if (Number.isNaN(number)) return 0;
  return Math.min(stepOf(number) - firstBits, greatestSketch);
}

/** No number with this sketch is less. */
export function leastOf(sketch: number): number {
  if (sketch <= leastSketch) return -Infinity;
  halves[1] = (sketch + firstBits) << droppedBits;
  halves[0] = 0;
  return float[0]!;
}

/** No number with this sketch is greater. */
export function greatestOf(sketch: number): number {
  return sketch >= greatestSketch ? Infinity : leastOf(sketch + 1);
}
