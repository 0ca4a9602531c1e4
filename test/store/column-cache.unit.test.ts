import { describe, expect, it } from 'vitest';
import type { Codes } from '../../server/store/columns.ts';
import { ColumnCache, type CachedColumn } from '../../server/store/sqlite/column-cache.ts';

/** Reads blocks of ten bytes, of which each says which it is, and counts how many. */
function makeReader() {
  const reader = {
    read: 0,
    get: (column: CachedColumn, from: number, to: number): number[] =>
      column
        .get(from, to, () => {
          reader.read += to - from;
          return Array.from({ length: to - from }, (_, i): Codes => new Uint8Array(10).fill(from + i));
        })
        .map((codes) => codes[0]!),
  };
  return reader;
}

describe('columns of codes in memory', () => {
  it('are read once, in whatever ranges they are asked for', () => {
    const reader = makeReader();
    const column = new ColumnCache(1000).open();
    expect(reader.get(column, 4, 6)).toEqual([4, 5]);
    expect(reader.get(column, 5, 7)).toEqual([5, 6]);
    expect(reader.get(column, 0, 4)).toEqual([0, 1, 2, 3]);
    const { read } = reader;
    expect(reader.get(column, 0, 7)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(reader.read).toBe(read);
  });

  it('give way to others, the one used least recently first, where they take too much', () => {
    const reader = makeReader();
    const cache = new ColumnCache(60);
    const [first, second, third] = [cache.open(), cache.open(), cache.open()];
    reader.get(first, 0, 3);
    reader.get(second, 0, 3);
    reader.get(first, 0, 3);
    reader.get(third, 0, 1);
    reader.read = 0;
    reader.get(first, 0, 3);
    expect(reader.read).toBe(0);
    reader.get(second, 0, 3);
    expect(reader.read).toBe(3);
  });

  it('are read again once they are forgotten', () => {
    const reader = makeReader();
    const column = new ColumnCache(1000).open();
    reader.get(column, 0, 2);
    column.clear();
    reader.get(column, 0, 2);
    expect(reader.read).toBe(4);
  });
});
