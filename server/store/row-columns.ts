import type { Task } from '../domain/task.ts';
import { numberOf, storedTextOf } from './column-values.ts';
import {
  blockRows,
  codeColumns,
  numberColumns,
  type CodeColumn,
  type NumberColumn,
  type SegmentColumns,
} from './columns.ts';

/** Columns made of rows that were read, in memory. */
export function columnsOfRows(rows: readonly { id: number; task: Task }[]): SegmentColumns {
  const last = rows.reduce((most, { id }) => Math.max(most, id), -1);
  const blocks = Math.floor(last / blockRows) + 1;
  const numbers = new Map<NumberColumn, Float64Array>();
  const codes = new Map<CodeColumn, Uint32Array>();
  const dictionaries = new Map<CodeColumn, string[]>();
  for (const column of numberColumns) {
    const values = new Float64Array(blocks * blockRows).fill(NaN);
    for (const { id, task } of rows) values[id] = numberOf[column](task) ?? NaN;
    numbers.set(column, values);
  }
  for (const column of codeColumns) {
    const values = new Uint32Array(blocks * blockRows);
    const codeOf = new Map<string, number>();
    for (const { id, task } of rows) {
      const text = storedTextOf(column, task);
      if (text === null) continue;
      if (!codeOf.has(text)) codeOf.set(text, codeOf.size + 1);
      values[id] = codeOf.get(text)!;
    }
    codes.set(column, values);
    dictionaries.set(column, ['', ...codeOf.keys()]);
  }
  const cut = <T extends Float64Array | Uint32Array>(values: T, from: number, to: number): T[] =>
    Array.from({ length: to - from }, (_, i) => {
      const at = (from + i) * blockRows;
      return values.subarray(at, at + blockRows) as T;
    });
  return {
    blocks,
    dictionary: async (column) => dictionaries.get(column)!,
    numbers: async (column, from, to) => cut(numbers.get(column)!, from, to),
    codes: async (column, from, to) => cut(codes.get(column)!, from, to),
    zones: async (column) => {
      const low = new Float64Array(blocks).fill(NaN);
      const high = new Float64Array(blocks).fill(NaN);
      const values = numbers.get(column)!;
      values.forEach((value, id) => {
        const block = Math.floor(id / blockRows);
        if (Number.isNaN(value)) return;
        if (!(low[block]! <= value)) low[block] = value;
        if (!(high[block]! >= value)) high[block] = value;
      });
      return { low, high };
    },
  };
}
