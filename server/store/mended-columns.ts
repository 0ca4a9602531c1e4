/**
 * Columns of a store that an older program wrote, until the writer has made what is missing of them: blocks that are not
 * there are made of their rows as they are read. Right, but slow. The same for both engines, which give it the rows.
 */
import type { Task } from '../domain/task.ts';
import { ColumnBlock, columns, type CodeOf } from './column-block.ts';
import { storedTextOf, toStoredText } from './column-values.ts';
import type { CodeColumn, SegmentColumns } from './columns.ts';
import { toTask, type TaskRow } from './task-row.ts';

export interface MissingBlocks {
  readonly blocks: ReadonlySet<number>;
  readRows(block: number): Promise<TaskRow[]>;
  /** What the rows of all missing blocks have in these columns; each of it once is enough. */
  readDistinct(columns: readonly (keyof TaskRow)[]): Promise<Partial<TaskRow>[]>;
}

/** A query goes through blocks one after the other, and through the columns of each. */
const keptBlocks = 32;

/** The columns of a row that a code follows from. */
const sourcesOf = {
  state: ['state'],
  name: ['name'],
  worker: ['worker'],
  queue: ['queue', 'exchange', 'routing_key'],
  exception: ['exception'],
} as const satisfies Record<CodeColumn, readonly (keyof TaskRow)[]>;

export function mendColumns(stored: SegmentColumns, missing: MissingBlocks): SegmentColumns {
  const mended = new MendedBlocks(stored, missing);
  return {
    blocks: stored.blocks,
    dictionary: (column) => mended.dictionary(column),
    zones: async (column) => {
      const zones = await stored.zones(column);
      const [low, high] = [zones.low.slice(), zones.high.slice()];
      for (const block of missing.blocks) {
        low[block] = -Infinity;
        high[block] = Infinity;
      }
      return { low, high };
    },
    numbers: async (column, from, to) =>
      mended.replace(from, await stored.numbers(column, from, to), (block) => block.numbers(column)),
    codes: async (column, from, to) =>
      mended.replace(from, await stored.codes(column, from, to), (block) => block.codes(column)),
  };
}

class MendedBlocks {
  /** Oldest first. */
  readonly #blocks = new Map<number, ColumnBlock>();
  readonly #dictionaries = new Map<CodeColumn, Promise<string[]>>();

  constructor(
    private readonly stored: SegmentColumns,
    private readonly missing: MissingBlocks,
  ) {}

  /** The codes that are stored, and behind them those that only rows have. */
  dictionary(column: CodeColumn): Promise<string[]> {
    let dictionary = this.#dictionaries.get(column);
    if (!dictionary) this.#dictionaries.set(column, (dictionary = this.#readDictionary(column)));
    return dictionary;
  }

  async replace<Values>(from: number, read: Values[], valuesOf: (block: ColumnBlock) => Values): Promise<Values[]> {
    for (const i of read.keys()) {
      if (this.missing.blocks.has(from + i)) read[i] = valuesOf(await this.#block(from + i));
    }
    return read;
  }

  async #readDictionary(column: CodeColumn): Promise<string[]> {
    const texts = [...(await this.stored.dictionary(column))];
    const known = new Set(texts.slice(1));
    for (const row of await this.missing.readDistinct(sourcesOf[column])) {
      // Nothing else of the task is looked at.
      const text = storedTextOf(column, { ...row, routingKey: row.routing_key } as unknown as Task);
      if (text === null || known.has(text)) continue;
      known.add(text);
      texts.push(text);
    }
    return texts;
  }

  async #block(number: number): Promise<ColumnBlock> {
    const known = this.#blocks.get(number);
    if (known) return known;
    const block = blockOfRows(await this.missing.readRows(number), await this.#codeOf());
    this.#blocks.set(number, block);
    if (this.#blocks.size > keptBlocks) this.#blocks.delete(this.#blocks.keys().next().value!);
    return block;
  }

  async #codeOf(): Promise<CodeOf> {
    const codes = new Map<CodeColumn, Map<string, number>>();
    for (const column of Object.keys(sourcesOf) as CodeColumn[]) {
      const texts = await this.dictionary(column);
      codes.set(column, new Map(texts.map((text, code) => [text, code] as const)));
    }
    return (column, text) => codes.get(column)!.get(toStoredText(text))!;
  }
}

/** All columns of a block, of its rows. */
export function blockOfRows(rows: readonly TaskRow[], codeOf: CodeOf): ColumnBlock {
  const tasks = rows.map((row) => ({ id: row.id, after: toTask(row) }));
  const block = ColumnBlock.empty();
  for (const column of columns) block.set(column, tasks, codeOf);
  return block;
}
