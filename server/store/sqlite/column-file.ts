import type { Statement } from 'better-sqlite3';
import {
  blockOf,
  ColumnBlock,
  columnsTouched,
  isFirstOfBlock,
  type CodeOf,
  type TaskChange,
  type Zone,
} from '../column-block.ts';
import { toStoredText } from '../column-values.ts';
import { blockRows, type CodeColumn, type Column } from '../columns.ts';
import { blockOfRows } from '../mended-columns.ts';
import { taskColumns, type TaskRow } from '../task-row.ts';
import type { Database } from './database.ts';

/** Blocks that stay in memory between commits, those of which something was heard last: 77 kB each. */
const keptBlocks = 64;
/** Of a dictionary, in memory: a bound, not a limit. */
const keptCodes = 10_000;

/**
 * The columns of one segment, for writing, in the caller's transaction. Tasks are noted in any order; `write` goes through
 * them block by block, so that a block is written once a transaction, and never more of them are in memory than are kept.
 * A block that is not there, as in a file of an older program, is made of its rows when it is touched, or by `fill`.
 */
export class ColumnFile {
  readonly #statements: ReturnType<typeof prepare>;
  /** Of the transaction under way, by block. */
  readonly #changes = new Map<number, TaskChange[]>();
  /** Least recently used first. */
  readonly #blocks = new Map<number, ColumnBlock>();
  readonly #codes = new Map<CodeColumn, Map<string, number>>();
  /** Blocks that may be missing; undefined: not looked for yet. */
  #missing: number[] | undefined;

  constructor(db: Database) {
    this.#statements = prepare(db);
  }

  /** What becomes of a task's row in this transaction; once a task. */
  note(change: TaskChange): void {
    const block = blockOf(change.id);
    const noted = this.#changes.get(block);
    if (noted) noted.push(change);
    else this.#changes.set(block, [change]);
  }

  /** Writes what was noted. */
  write(): void {
    for (const [number, changes] of this.#changes) {
      const block = this.#open(number, changes);
      for (const column of columnsTouched(changes)) {
        if (!block.holds(column)) this.#load(number, block, column);
        block.set(column, changes, this.#codeOf);
      }
      this.#save(number, block);
    }
    this.#changes.clear();
  }

  /**
   * Makes missing blocks of their rows, at most `limit`.
   * @returns whether some may be left
   */
  fill(limit: number): boolean {
    this.#missing ??= this.#findMissing();
    for (const number of this.#missing.splice(-limit)) {
      if (!this.#isStored(number)) this.#save(number, this.#derive(number));
    }
    return this.#missing.length > 0;
  }

  /** After a rollback: what is in memory is not what is stored. */
  forget(): void {
    this.#changes.clear();
    this.#blocks.clear();
    this.#codes.clear();
    this.#missing = undefined;
  }

  #open(number: number, changes: readonly TaskChange[]): ColumnBlock {
    const held = this.#blocks.get(number);
    if (held) return held;
    if (changes.some(({ id, before }) => before === undefined && isFirstOfBlock(id))) return ColumnBlock.empty();
    return this.#isStored(number) ? new ColumnBlock() : this.#derive(number);
  }

  #load(number: number, block: ColumnBlock, column: Column): void {
    const { data } = this.#statements.block.get(column, number) as { data: Buffer };
    block.hold(column, data, this.#statements.zone.get(column, number) as Zone | undefined);
  }

  #save(number: number, block: ColumnBlock): void {
    for (const { field, data, zone } of block.takeChanged()) {
      this.#statements.saveBlock.run(field, number, data);
      if (zone) this.#statements.saveZone.run(field, number, zone.low, zone.high);
    }
    this.#blocks.delete(number);
    this.#blocks.set(number, block);
    if (this.#blocks.size > keptBlocks) this.#blocks.delete(this.#blocks.keys().next().value!);
  }

  /** Of the rows as they are now. */
  #derive(number: number): ColumnBlock {
    const rows = this.#statements.rows.all(number * blockRows, (number + 1) * blockRows) as TaskRow[];
    return blockOfRows(rows, this.#codeOf);
  }

  /** Every block has a zone of this column, as every task has a timestamp; zones are quicker to look through. */
  #isStored(number: number): boolean {
    return this.#statements.zone.get('timestamp', number) !== undefined;
  }

  #findMissing(): number[] {
    const { newest } = this.#statements.newest.get() as { newest: number | null };
    if (newest === null) return [];
    const stored = new Set((this.#statements.stored.all() as { block: number }[]).map(({ block }) => block));
    return Array.from({ length: blockOf(newest) + 1 }, (_, block) => block).filter((block) => !stored.has(block));
  }

  readonly #codeOf: CodeOf = (column, text) => {
    let known = this.#codes.get(column);
    if (!known) this.#codes.set(column, (known = new Map<string, number>()));
    let code = known.get(text);
    if (code !== undefined) return code;
    code = this.#findCode(column, toStoredText(text));
    if (known.size >= keptCodes) known.clear();
    known.set(text, code);
    return code;
  };

  #findCode(column: CodeColumn, text: string): number {
    const row = this.#statements.code.get(column, text) ?? this.#statements.addText.get(column, column, text);
    return (row as { code: number }).code;
  }
}

function prepare(
  db: Database,
): Record<
  'block' | 'saveBlock' | 'zone' | 'saveZone' | 'code' | 'addText' | 'rows' | 'newest' | 'stored',
  Statement<unknown[]>
> {
  return {
    block: db.prepare('SELECT data FROM column_blocks WHERE field = ? AND block = ?'),
    // Updated, not replaced: SQLite then writes over the old bytes where they are.
    saveBlock: db.prepare(
      `INSERT INTO column_blocks (field, block, data) VALUES (?, ?, ?)
       ON CONFLICT (field, block) DO UPDATE SET data = excluded.data`,
    ),
    zone: db.prepare('SELECT low, high FROM column_zones WHERE field = ? AND block = ?'),
    saveZone: db.prepare(
      `INSERT INTO column_zones (field, block, low, high) VALUES (?, ?, ?, ?)
       ON CONFLICT (field, block) DO UPDATE SET low = excluded.low, high = excluded.high`,
    ),
    code: db.prepare('SELECT code FROM dictionary WHERE field = ? AND text = ?'),
    addText: db.prepare(
      `INSERT INTO dictionary (field, code, text)
       VALUES (?, (SELECT coalesce(max(code), 0) + 1 FROM dictionary WHERE field = ?), ?) RETURNING code`,
    ),
    rows: db.prepare(`SELECT id, ${taskColumns.join(', ')} FROM tasks WHERE id >= ? AND id < ?`),
    newest: db.prepare('SELECT max(id) AS newest FROM tasks'),
    stored: db.prepare(`SELECT block FROM column_zones WHERE field = 'timestamp'`),
  };
}
