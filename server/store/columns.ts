/**
 * The columns of a segment: what is filtered, sorted and counted by, apart from the rows, so that ten million tasks are
 * gone through in a fraction of a second whatever is asked in which combination. Written in the transaction that writes
 * the rows. A block holds the values of `blockRows` successive row ids: block b those from `b * blockRows`.
 */

import type { Sketch, SketchedColumn } from './number-sketch.ts';

/**
 * So many that a block of numbers fills a page of SQLite, or four pieces of Postgres' TOAST, and no bit more: with 1024 it
 * takes a tenth more bytes, and half as long again to read. A block is written whole with each commit that touches it,
 * so it should not be large; and larger ones save nothing.
 */
export const blockRows = 998;

/** Numbers; NaN: none. Times in epoch seconds, `runtime` and `wait` in seconds. */
export const numberColumns = ['timestamp', 'received', 'started', 'finished', 'runtime', 'wait', 'retries'] as const;
export type NumberColumn = (typeof numberColumns)[number];

/** Codes of texts; 0: none. What a code stands for, the segment's dictionary of the column says. */
export const codeColumns = ['state', 'name', 'worker', 'queue', 'exception'] as const;
export type CodeColumn = (typeof codeColumns)[number];

export type Column = NumberColumn | CodeColumn;

export type Codes = Uint8Array | Uint16Array | Uint32Array;

/** By block: the least and the greatest number in it, both NaN where it has none. Bounds may be wider than the values. Not to be changed. */
export interface Zones {
  low: Float64Array;
  high: Float64Array;
}

/**
 * One segment's columns, for reading. `blocks` is the number of blocks; a row id that no task has reads as state 0
 * (every task has a state), and a block without tasks has no zone of `timestamp` (every task has one): there are many, the
 * first of all, on Postgres, where ids count on through all of history. Blocks are read as ranges, `to` exclusive, each block `blockRows` long and not to be changed:
 * a query a block would cost more than the block. Only within one transaction is all that is read of one moment.
 */
export interface SegmentColumns {
  readonly blocks: number;
  /** Text by code; the first, of code 0, is empty. */
  dictionary(column: CodeColumn): Promise<readonly string[]>;
  zones(column: NumberColumn): Promise<Zones>;
  numbers(column: NumberColumn, from: number, to: number): Promise<Float64Array[]>;
  codes(column: CodeColumn, from: number, to: number): Promise<Codes[]>;
  /** What is in memory of numbers, where not all of them is. */
  sketches?(column: SketchedColumn, from: number, to: number): Promise<Sketch[]>;
  /** Says which blocks of a column are going to be read, for whom one query for all of them is much cheaper. */
  prepare?(column: Column, blocks: readonly number[]): Promise<void>;
}
