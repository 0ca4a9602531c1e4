import type { CodeColumn, Codes, Column, NumberColumn, SegmentColumns } from '../../store/columns.ts';
import type { Sketch, SketchedColumn } from '../../store/number-sketch.ts';

/**
 * Blocks of a segment's columns, one at a time, read in ranges: a column is read as it is first needed for a block of a
 * batch, for all blocks of the batch beside it.
 */
export class BlockReader {
  readonly columns: SegmentColumns;
  /** Blocks of the batch, and the range that each is read with. */
  readonly #ranges = new Map<number, readonly [from: number, to: number]>();
  readonly #numbers = new Map<NumberColumn, Map<number, Float64Array>>();
  readonly #codes = new Map<CodeColumn, Map<number, Codes>>();
  readonly #sketches = new Map<SketchedColumn, Map<number, Sketch>>();

  constructor(columns: SegmentColumns) {
    this.columns = columns;
  }

  /** What was read for the batch before is forgotten. */
  begin(batch: readonly number[]): void {
    this.#ranges.clear();
    for (const column of this.#numbers.values()) column.clear();
    for (const column of this.#codes.values()) column.clear();
    for (const column of this.#sketches.values()) column.clear();
    const blocks = [...batch].sort((a, b) => a - b);
    for (let at = 0; at < blocks.length;) {
      let end = at + 1;
      while (end < blocks.length && blocks[end] === blocks[end - 1]! + 1) end++;
      const range = [blocks[at]!, blocks[end - 1]! + 1] as const;
      for (; at < end; at++) this.#ranges.set(blocks[at]!, range);
    }
  }

  numbers(column: NumberColumn, block: number): Promise<Float64Array> | Float64Array {
    const known = entryOf(this.#numbers, column);
    return known.get(block) ?? this.#read(column, known, block, (from, to) => this.columns.numbers(column, from, to));
  }

  codes(column: CodeColumn, block: number): Promise<Codes> | Codes {
    const known = entryOf(this.#codes, column);
    return known.get(block) ?? this.#read(column, known, block, (from, to) => this.columns.codes(column, from, to));
  }

  /** Where columns have sketches. */
  sketch(column: SketchedColumn, block: number): Promise<Sketch> | Sketch {
    const known = entryOf(this.#sketches, column);
    return known.get(block) ?? this.#readRange(known, block, (from, to) => this.columns.sketches!(column, from, to));
  }

  async #read<T>(
    column: Column,
    known: Map<number, T>,
    block: number,
    read: (from: number, to: number) => Promise<T[]>,
  ): Promise<T> {
    if (known.size === 0) await this.columns.prepare?.(column, [...this.#ranges.keys()]);
    return this.#readRange(known, block, read);
  }

  /** A block that is not of the batch is read alone. */
  async #readRange<T>(
    known: Map<number, T>,
    block: number,
    read: (from: number, to: number) => Promise<T[]>,
  ): Promise<T> {
    const [from, to] = this.#ranges.get(block) ?? [block, block + 1];
    for (const [i, values] of (await read(from, to)).entries()) known.set(from + i, values);
    return known.get(block)!;
  }
}

function entryOf<Key, T>(maps: Map<Key, Map<number, T>>, key: Key): Map<number, T> {
  let map = maps.get(key);
  if (!map) {
    map = new Map<number, T>();
    maps.set(key, map);
  }
  return map;
}
