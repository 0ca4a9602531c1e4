import { blockOf, isNumberColumn, toCodes, toNumbers } from '../column-block.ts';
import {
  blockRows,
  codeColumns,
  type CodeColumn,
  type Codes,
  type Column,
  type NumberColumn,
  type SegmentColumns,
} from '../columns.ts';
import { mendColumns, type MissingBlocks } from '../mended-columns.ts';
import { taskColumns, type TaskRow } from '../task-row.ts';
import { BlockCache, type BlockValues } from './block-cache.ts';
import { columnStatements } from './column-statements.ts';
import { CommonDictionary, readOn } from './common-dictionary.ts';
import { KnownZones } from './known-zones.ts';
import { isAsOf, readMoment, type Moment } from './moment.ts';

/** Rows of an answer, within whichever transaction is under way. */
export type RunQuery = <Row extends object>(sql: string, parameters: unknown[]) => Promise<Row[]>;

/**
 * The columns of the whole history, for reading, as one segment's. Each partition has codes of its own, which become
 * codes of one dictionary here; the block in which one ends and the next begins is stored in both, and put together.
 * What was read is kept, and only what was written since is read again: the longest running of 400,000 tasks that failed
 * take 53 ms instead of 1.4 s, on a busy machine.
 */
export class PostgresColumns {
  readonly #blocks = new BlockCache();
  #zones = new Map<NumberColumn, KnownZones>();
  readonly #dictionaries = new Map(codeColumns.map((column) => [column, new CommonDictionary()]));
  /** What dictionaries have is right as of then. */
  #dictionariesSeen: Moment | null = null;
  #segmentIds = '';

  async open(query: RunQuery): Promise<SegmentColumns> {
    const moment = await readMoment(query);
    const segmentIds = moment.segments.map(({ id }) => id).join();
    if (segmentIds !== this.#segmentIds) this.forget();
    this.#segmentIds = segmentIds;
    const blocks = moment.newest === null ? 0 : blockOf(moment.newest) + 1;
    const columns: SegmentColumns = {
      blocks,
      dictionary: async (column) => (await this.#dictionary(query, column, moment)).texts,
      zones: async (column) => (await this.#zonesOf(query, column, moment)).upTo(blocks),
      numbers: async (column, from, to) =>
        (await this.#read(query, column, moment, toRange(from, to))) as Float64Array[],
      codes: async (column, from, to) => (await this.#read(query, column, moment, toRange(from, to))) as Codes[],
      prepare: async (column, wanted) => void (await this.#read(query, column, moment, wanted)),
    };
    const unfilled = moment.segments.filter(({ schema }) => schema === 0);
    if (unfilled.length === 0) return columns;
    const missing = await findMissing(query, unfilled);
    return missing.blocks.size === 0 ? columns : mendColumns(columns, missing);
  }

  /** When segments are gone, or the server may be another one. Codes stay what they are. */
  forget(): void {
    this.#blocks.clear();
    this.#zones = new Map();
    this.#dictionariesSeen = null;
  }

  async #dictionary(query: RunQuery, column: CodeColumn, moment: Moment): Promise<CommonDictionary> {
    if (!this.#dictionariesSeen || !isAsOf(this.#dictionariesSeen, moment)) {
      const segmentIds = moment.segments.map(({ id }) => id);
      await readOn(query, this.#dictionaries, segmentIds);
      this.#dictionariesSeen = moment;
    }
    return this.#dictionaries.get(column)!;
  }

  async #zonesOf(query: RunQuery, column: NumberColumn, moment: Moment): Promise<KnownZones> {
    let zones = this.#zones.get(column);
    if (!zones) this.#zones.set(column, (zones = new KnownZones(column)));
    await zones.refresh(query, moment);
    return zones;
  }

  async #read(
    query: RunQuery,
    column: Column,
    moment: Moment,
    wanted: readonly number[],
  ): Promise<(Float64Array | Codes)[]> {
    const dictionary = isNumberColumn(column) ? null : await this.#dictionary(query, column, moment);
    await this.#blocks.refresh(query, column, moment);
    const found = new Map<number, BlockValues>();
    for (const block of wanted) {
      const values = this.#blocks.get(column, block);
      if (values) found.set(block, values);
    }
    if (found.size < wanted.length) {
      const missing = wanted.filter((block) => !found.has(block));
      await this.#readMissing(query, column, dictionary, this.#withNext(column, missing), found);
    }
    return wanted.map((block) => found.get(block)!);
  }

  /** Who reads many blocks goes on to older ones. */
  #withNext(column: Column, missing: readonly number[]): readonly number[] {
    if (missing.length < manyBlocks) return missing;
    const oldest = Math.min(...missing);
    const next = toRange(Math.max(0, oldest - readAhead), oldest);
    return [...missing, ...next.filter((block) => !this.#blocks.has(column, block))];
  }

  async #readMissing(
    query: RunQuery,
    column: Column,
    dictionary: CommonDictionary | null,
    blocks: readonly number[],
    found: Map<number, BlockValues>,
  ): Promise<void> {
    const generation = this.#blocks.generationOf(column);
    const rows = await query<BlockRow>(readBlocks, [column, blocks]);
    const passing = new Set<number>();
    for (const { segment_id, block, data } of rows) {
      const before = found.get(block);
      if (dictionary) {
        const { codes, isWhole } = dictionary.translate(segment_id, toCodes(data));
        if (!isWhole) passing.add(block);
        found.set(block, before ? before.map((code, row) => (code === 0 ? codes[row]! : code)) : codes);
      } else {
        const numbers = toNumbers(data);
        found.set(block, before ? before.map((each, row) => (Number.isNaN(each) ? numbers[row]! : each)) : numbers);
      }
    }
    for (const block of blocks) {
      if (!found.has(block)) found.set(block, dictionary ? noCodes : noNumbers);
      if (!passing.has(block)) this.#blocks.keep(column, block, found.get(block)!, generation);
    }
  }
}

/** From so many blocks on, so many more are read: a query costs as much as ten blocks. */
const manyBlocks = 16;
const readAhead = 48;

const toRange = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

interface BlockRow {
  segment_id: number;
  block: number;
  data: Buffer;
}

const readBlocks = `SELECT segment_id, block, data FROM column_blocks WHERE field = $1 AND block = ANY($2::int8[])`;

/** Of blocks that are not there: segments that are gone, ids that a sequence passed over. */
const noNumbers = new Float64Array(blockRows).fill(NaN);
const noCodes = new Uint8Array(blockRows);

async function findMissing(query: RunQuery, segments: Moment['segments']): Promise<MissingBlocks> {
  const blocks = new Set<number>();
  for (const { id } of segments) {
    const rows = await query<{ block: number }>(columnStatements.missing, [id, blockRows]);
    for (const { block } of rows) blocks.add(block);
  }
  const sorted = [...blocks].sort((a, b) => a - b);
  const from = (sorted[0] ?? 0) * blockRows;
  const to = ((sorted.at(-1) ?? -1) + 1) * blockRows;
  return {
    blocks,
    readRows: (block) =>
      query<TaskRow>(`SELECT id, ${taskColumns.join(', ')} FROM tasks WHERE id >= $1 AND id < $2`, [
        block * blockRows,
        (block + 1) * blockRows,
      ]),
    readDistinct: (columns) =>
      query(`SELECT DISTINCT ${columns.join(', ')} FROM tasks WHERE id >= $1 AND id < $2`, [from, to]),
  };
}
