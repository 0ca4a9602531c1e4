import type { Statement } from 'better-sqlite3';
import { blockOf, toCodes, toNumbers } from '../column-block.ts';
import {
  blockRows,
  type CodeColumn,
  type Column,
  type NumberColumn,
  type SegmentColumns,
  type Zones,
} from '../columns.ts';
import { mendColumns, type MissingBlocks } from '../mended-columns.ts';
import { toSketch, type Sketch, type SketchedColumn } from '../number-sketch.ts';
import { taskColumns, type TaskRow } from '../task-row.ts';
import type { CachedColumn, ColumnCache } from './column-cache.ts';
import type { Database } from './database.ts';

/** The columns of one segment's file, for reading; everything is read at once, whatever the promises look like. */
export class SqliteColumns {
  readonly #statements: ReturnType<typeof prepare>;
  /** Codes are only ever added, so that a dictionary is read on, never again. */
  readonly #dictionaries = new Map<CodeColumn, string[]>();
  /** Of the file as it is at `#version`. */
  readonly #kept = new Map<CodeColumn | SketchedColumn, CachedColumn>();
  readonly #knownZones = new Map<NumberColumn, Zones>();
  #open: SegmentColumns | undefined;
  #version: number | undefined;

  constructor(
    private readonly db: Database,
    private readonly cache: ColumnCache,
  ) {
    this.#statements = prepare(db);
  }

  /** As the segment is now. `version`: see {@link SegmentData.version}. */
  open(version: number): SegmentColumns {
    if (this.#version !== version) this.forget();
    this.#version = version;
    return (this.#open ??= this.#openNow());
  }

  /** What was read is not kept any longer. */
  forget(): void {
    for (const column of this.#kept.values()) column.clear();
    this.#kept.clear();
    this.#knownZones.clear();
    this.#open = undefined;
  }

  #openNow(): SegmentColumns {
    const newest = this.#statements.newest.get() as number | null;
    const blocks = newest === null ? 0 : blockOf(newest) + 1;
    const columns: SegmentColumns = {
      blocks,
      dictionary: async (column) => this.#dictionary(column),
      zones: async (column) => this.#zones(column, blocks),
      numbers: async (column, from, to) => this.#read(column, from, to, toNumbers, noNumbers),
      codes: async (column, from, to) =>
        this.#cached(column).get(from, to, () => this.#read(column, from, to, toCodes, noCodes)),
      sketches: async (column, from, to) =>
        this.#cached(column).get(from, to, () => this.#read(column, from, to, readSketch, noSketch)) as Sketch[],
    };
    if ((this.#statements.countStored.get() as number) >= blocks) return columns;
    return mendColumns(columns, this.#findMissing(blocks));
  }

  #cached(column: CodeColumn | SketchedColumn): CachedColumn {
    let kept = this.#kept.get(column);
    if (!kept) this.#kept.set(column, (kept = this.cache.open()));
    return kept;
  }

  #dictionary(column: CodeColumn): readonly string[] {
    const known = this.#dictionaries.get(column) ?? [''];
    const added = this.#statements.texts.all(column, known.length) as string[];
    const dictionary = added.length > 0 ? [...known, ...added] : known;
    this.#dictionaries.set(column, dictionary);
    return dictionary;
  }

  #zones(column: NumberColumn, blocks: number): Zones {
    const known = this.#knownZones.get(column);
    if (known?.low.length === blocks) return known;
    const low = new Float64Array(blocks).fill(NaN);
    const high = new Float64Array(blocks).fill(NaN);
    for (const row of this.#statements.zones.all(column, blocks)) {
      const [block, from, to] = row as [number, number | null, number | null];
      low[block] = from ?? NaN;
      high[block] = to ?? NaN;
    }
    const zones = { low, high };
    this.#knownZones.set(column, zones);
    return zones;
  }

  #read<Values>(
    column: Column,
    from: number,
    to: number,
    toValues: (data: Uint8Array) => Values,
    nothing: Values,
  ): Values[] {
    const read = Array.from({ length: to - from }, () => nothing);
    for (const row of this.#statements.blocks.all(column, from, to)) {
      const [block, data] = row as [number, Buffer];
      read[block - from] = toValues(data);
    }
    return read;
  }

  #findMissing(blocks: number): MissingBlocks {
    const stored = new Set(this.#statements.stored.all() as number[]);
    const missing = Array.from({ length: blocks }, (_, block) => block).filter((block) => !stored.has(block));
    const from = (missing[0] ?? 0) * blockRows;
    const to = ((missing.at(-1) ?? -1) + 1) * blockRows;
    return {
      blocks: new Set(missing),
      readRows: async (block) => this.#statements.rows.all(block * blockRows, (block + 1) * blockRows) as TaskRow[],
      readDistinct: async (columns) =>
        this.db
          .prepare(`SELECT DISTINCT ${columns.join(', ')} FROM tasks WHERE id >= ? AND id < ?`)
          .all(from, to) as Partial<TaskRow>[],
    };
  }
}

/** Of blocks that are not there, as on Postgres those of ids that a sequence passed over. */
const noNumbers = new Float64Array(blockRows).fill(NaN);
const noCodes = new Uint8Array(blockRows);
const noSketch: Sketch = new Uint16Array(blockRows);

const readSketch = (data: Uint8Array): Sketch => toSketch(toNumbers(data));

function prepare(
  db: Database,
): Record<'newest' | 'countStored' | 'stored' | 'texts' | 'zones' | 'blocks' | 'rows', Statement<unknown[]>> {
  return {
    newest: db.prepare<unknown[]>('SELECT max(id) FROM tasks').pluck(),
    // Every block has a zone of this column, as every task has a timestamp.
    countStored: db.prepare<unknown[]>(`SELECT count(*) FROM column_zones WHERE field = 'timestamp'`).pluck(),
    stored: db.prepare<unknown[]>(`SELECT block FROM column_zones WHERE field = 'timestamp'`).pluck(),
    texts: db.prepare<unknown[]>('SELECT text FROM dictionary WHERE field = ? AND code >= ? ORDER BY code').pluck(),
    zones: db.prepare<unknown[]>('SELECT block, low, high FROM column_zones WHERE field = ? AND block < ?').raw(),
    blocks: db
      .prepare<unknown[]>('SELECT block, data FROM column_blocks WHERE field = ? AND block >= ? AND block < ?')
      .raw(),
    rows: db.prepare(`SELECT id, ${taskColumns.join(', ')} FROM tasks WHERE id >= ? AND id < ?`),
  };
}
