/** Blocks of columns that a thread has read, those read last, for as long as nothing is written to them. */
import type { Codes, Column } from '../columns.ts';
import { isAsOf, toXid, writtenSince, type Moment } from './moment.ts';
import type { RunQuery } from './postgres-columns.ts';

/** With it the columns of 2 million tasks that most searches need are all in memory. */
const keptBytes = 64 * 1024 * 1024;

export type BlockValues = Float64Array | Codes;

interface ColumnState {
  /** What is kept is right as of then. */
  seen: Moment | null;
  /** Changes as soon as it is asked what was written since, so that what was read before is not kept. */
  generation: number;
}

const written = `SELECT DISTINCT block FROM column_blocks WHERE field = $1 AND ${writtenSince('$2')}`;

export class BlockCache {
  /** By column and block; least recently used first. */
  readonly #blocks = new Map<string, BlockValues>();
  readonly #states = new Map<Column, ColumnState>();
  #bytes = 0;

  /** Drops what was written to since it was read, as of `moment` or later. Before blocks are asked for. */
  async refresh(query: RunQuery, column: Column, moment: Moment): Promise<void> {
    const state = this.#stateOf(column);
    if (state.seen && isAsOf(state.seen, moment)) return;
    state.generation++;
    if (state.seen) {
      const rows = await query<{ block: number }>(written, [column, toXid(state.seen)]);
      for (const { block } of rows) this.#drop(toKey(column, block));
    }
    if (!state.seen || !isAsOf(state.seen, moment)) state.seen = moment;
  }

  get(column: Column, block: number): BlockValues | undefined {
    const key = toKey(column, block);
    const values = this.#blocks.get(key);
    if (!values) return undefined;
    this.#blocks.delete(key);
    this.#blocks.set(key, values);
    return values;
  }

  has(column: Column, block: number): boolean {
    return this.#blocks.has(toKey(column, block));
  }

  /** To be taken before blocks are read, and given with them to {@link keep}. */
  generationOf(column: Column): number {
    return this.#stateOf(column).generation;
  }

  keep(column: Column, block: number, values: BlockValues, generation: number): void {
    const key = toKey(column, block);
    if (this.#stateOf(column).generation !== generation) return;
    this.#drop(key);
    this.#blocks.set(key, values);
    this.#bytes += values.byteLength;
    for (const oldest of this.#blocks.keys()) {
      if (this.#bytes <= keptBytes) return;
      this.#drop(oldest);
    }
  }

  /** When blocks may be gone, or the server may be another one. */
  clear(): void {
    this.#blocks.clear();
    this.#bytes = 0;
    for (const state of this.#states.values()) {
      state.generation++;
      state.seen = null;
    }
  }

  #drop(key: string): void {
    this.#bytes -= this.#blocks.get(key)?.byteLength ?? 0;
    this.#blocks.delete(key);
  }

  #stateOf(column: Column): ColumnState {
    let state = this.#states.get(column);
    if (!state) this.#states.set(column, (state = { seen: null, generation: 0 }));
    return state;
  }
}

const toKey = (column: Column, block: number): string => `${column} ${block}`;
