import { blockOf, toCodes, toNumbers } from '../column-block.ts';
import {
  blockRows,
  type CodeColumn,
  type Codes,
  type NumberColumn,
  type SegmentColumns,
  type Zones,
} from '../columns.ts';
import { mendColumns, type MissingBlocks } from '../mended-columns.ts';
import { taskColumns, type TaskRow } from '../task-row.ts';
import { columnStatements } from './column-statements.ts';

/** Rows of an answer, within whichever transaction is under way. */
export type RunQuery = <Row extends object>(sql: string, parameters: unknown[]) => Promise<Row[]>;

interface SegmentRow {
  id: number;
  schema: number;
}

/**
 * The columns of the whole history, for reading, as one segment's. Each partition has codes of its own, which become
 * codes of one dictionary here; the block in which one ends and the next begins is stored in both, and put together.
 */
export class PostgresColumns {
  readonly #dictionaries = new Map<CodeColumn, CommonDictionary>();

  async open(query: RunQuery): Promise<SegmentColumns> {
    const segments = await query<SegmentRow>('SELECT id, schema FROM segments ORDER BY id', []);
    const [{ newest } = { newest: null }] = await query<{ newest: number | null }>(
      'SELECT max(id) AS newest FROM tasks',
      [],
    );
    const blocks = newest === null ? 0 : blockOf(newest) + 1;
    const dictionary = (column: CodeColumn) => this.#dictionary(query, column, segments);
    const columns: SegmentColumns = {
      blocks,
      dictionary: async (column) => (await dictionary(column)).texts,
      zones: (column) => readZones(query, column, blocks),
      numbers: (column, from, to) => readNumbers(query, column, from, to),
      codes: async (column, from, to) => readCodes(query, column, from, to, await dictionary(column)),
    };
    const unfilled = segments.filter(({ schema }) => schema === 0);
    if (unfilled.length === 0) return columns;
    const missing = await findMissing(query, unfilled);
    return missing.blocks.size === 0 ? columns : mendColumns(columns, missing);
  }

  async #dictionary(query: RunQuery, column: CodeColumn, segments: readonly SegmentRow[]): Promise<CommonDictionary> {
    let dictionary = this.#dictionaries.get(column);
    if (!dictionary) this.#dictionaries.set(column, (dictionary = new CommonDictionary()));
    const known = segments.map(({ id }) => dictionary.countOf(id));
    const rows = await query<{ segment_id: number; code: number; text: string }>(readTexts, [
      column,
      segments.map(({ id }) => id),
      known,
    ]);
    for (const { segment_id, code, text } of rows) dictionary.add(segment_id, code, text);
    return dictionary;
  }
}

/** Codes are only ever added, so that dictionaries are read on, never again. */
const readTexts = `SELECT segment_id, code, text
  FROM unnest($2::int8[], $3::int8[]) AS known (id, last) JOIN dictionary ON segment_id = known.id
  WHERE field = $1 AND code > known.last ORDER BY segment_id, code`;

class CommonDictionary {
  #texts: string[] = [''];
  readonly #codes = new Map<string, number>();
  /** By segment: the common code by the segment's own. */
  readonly #common = new Map<number, number[]>();

  /** As they are now: it does not grow in the hands of whoever has it. */
  get texts(): readonly string[] {
    return this.#texts.slice();
  }

  countOf(segmentId: number): number {
    return (this.#common.get(segmentId)?.length ?? 1) - 1;
  }

  add(segmentId: number, code: number, text: string): void {
    let common = this.#common.get(segmentId);
    if (!common) this.#common.set(segmentId, (common = [0]));
    let known = this.#codes.get(text);
    if (known === undefined) this.#codes.set(text, (known = this.#texts.push(text) - 1));
    common[code] = known;
  }

  /** A code that came after the dictionary was read stands for nothing yet. */
  translate(segmentId: number, codes: Codes): Codes {
    const common = this.#common.get(segmentId) ?? [];
    const width = this.#texts.length <= 256 ? Uint8Array : this.#texts.length <= 65_536 ? Uint16Array : Uint32Array;
    const translated = new width(blockRows);
    for (let row = 0; row < blockRows; row++) translated[row] = common[codes[row]!] ?? 0;
    return translated;
  }
}

async function readZones(query: RunQuery, column: NumberColumn, blocks: number): Promise<Zones> {
  const low = new Float64Array(blocks).fill(NaN);
  const high = new Float64Array(blocks).fill(NaN);
  const rows = await query<{ block: number; low: number | null; high: number | null }>(
    'SELECT block, low, high FROM column_zones WHERE field = $1 AND block < $2',
    [column, blocks],
  );
  for (const row of rows) {
    if (row.low !== null && !(low[row.block]! <= row.low)) low[row.block] = row.low;
    if (row.high !== null && !(high[row.block]! >= row.high)) high[row.block] = row.high;
  }
  return { low, high };
}

interface BlockRow {
  segment_id: number;
  block: number;
  data: Buffer;
}

const readBlocks = `SELECT segment_id, block, data FROM column_blocks WHERE field = $1 AND block >= $2 AND block < $3`;

async function readNumbers(query: RunQuery, column: NumberColumn, from: number, to: number): Promise<Float64Array[]> {
  const read = new Array<Float64Array | undefined>(to - from).fill(undefined);
  for (const { block, data } of await query<BlockRow>(readBlocks, [column, from, to])) {
    const numbers = toNumbers(data);
    const other = read[block - from];
    read[block - from] = other ? other.map((number, row) => (Number.isNaN(number) ? numbers[row]! : number)) : numbers;
  }
  return read.map((numbers) => numbers ?? noNumbers);
}

async function readCodes(
  query: RunQuery,
  column: CodeColumn,
  from: number,
  to: number,
  dictionary: CommonDictionary,
): Promise<Codes[]> {
  const read = new Array<Codes | undefined>(to - from).fill(undefined);
  for (const { segment_id, block, data } of await query<BlockRow>(readBlocks, [column, from, to])) {
    const codes = dictionary.translate(segment_id, toCodes(data));
    const other = read[block - from];
    read[block - from] = other ? other.map((code, row) => (code === 0 ? codes[row]! : code)) : codes;
  }
  return read.map((codes) => codes ?? noCodes);
}

/** Of blocks that are not there: segments that are gone, ids that a sequence passed over. */
const noNumbers = new Float64Array(blockRows).fill(NaN);
const noCodes = new Uint8Array(blockRows);

async function findMissing(query: RunQuery, segments: readonly SegmentRow[]): Promise<MissingBlocks> {
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
