/** Columns in memory, of tasks in an array: what a store's columns have to be equal to. */
import type { Task } from '../../server/domain/task.ts';
import { numberOf, storedTextOf } from '../../server/store/column-values.ts';
import { blockRows, type CodeColumn, type NumberColumn, type SegmentColumns } from '../../server/store/columns.ts';
import { toSketch } from '../../server/store/number-sketch.ts';

/** The task at index i of `tasks` has row id i; where there is none, no task has that id. Ids begin at 1 in a store. */
export function columnsOf(tasks: readonly (Task | undefined)[]): SegmentColumns {
  const rowsOf = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) =>
      Array.from({ length: blockRows }, (_, row) => tasks[(from + i) * blockRows + row]),
    );
  const blocks = Math.ceil(tasks.length / blockRows);
  const dictionaries = new Map<CodeColumn, string[]>();
  const dictionaryOf = (column: CodeColumn): string[] => {
    const known = dictionaries.get(column);
    if (known) return known;
    const texts = tasks.map((task) => (task ? storedTextOf(column, task) : null)).filter((text) => text !== null);
    const dictionary = ['', ...new Set(texts)];
    dictionaries.set(column, dictionary);
    return dictionary;
  };
  const numbersOf = (column: NumberColumn, from: number, to: number) =>
    rowsOf(from, to).map((rows) => Float64Array.from(rows, (task) => (task && numberOf[column](task)) ?? NaN));
  return {
    blocks,
    dictionary: async (column) => dictionaryOf(column),
    zones: async (column) => {
      const numbers = numbersOf(column, 0, blocks).map((block) => block.filter((number) => !Number.isNaN(number)));
      return {
        low: Float64Array.from(numbers, (block) => (block.length > 0 ? Math.min(...block) : NaN)),
        high: Float64Array.from(numbers, (block) => (block.length > 0 ? Math.max(...block) : NaN)),
      };
    },
    numbers: async (column, from, to) => numbersOf(column, from, to),
    sketches: async (column, from, to) => numbersOf(column, from, to).map(toSketch),
    codes: async (column, from, to) => {
      const codeOf = new Map(dictionaryOf(column).map((text, code) => [text, code] as const));
      return rowsOf(from, to).map((rows) =>
        Uint32Array.from(rows, (task) => {
          const text = task ? storedTextOf(column, task) : null;
          return text === null ? 0 : codeOf.get(text)!;
        }),
      );
    },
  };
}
