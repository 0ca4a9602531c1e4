import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import {
  blockOf,
  ColumnBlock,
  columnsTouched,
  type ChangedColumn,
  type CodeOf,
  type TaskChange,
  type Zone,
} from '../column-block.ts';
import { textOf, toStoredText } from '../column-values.ts';
import { blockRows, codeColumns, type CodeColumn, type Column } from '../columns.ts';
import { toTask, type TaskRow } from '../task-row.ts';
import { columnStatements as statements, toSaveBlocks, toSaveZones } from './column-statements.ts';
import { characterField, charactersOf, mostCharacters } from './short-terms.ts';

/** Blocks that stay in memory between batches, those of which something was heard last: 77 kB each. */
const keptBlocks = 64;
/** Of the dictionaries of a segment, in memory: a bound, not a limit. */
const keptCodes = 50_000;

export type PlacedChange = TaskChange & { segmentId: number };

/** A block of a segment, and what becomes of tasks in it. */
interface Touched {
  segmentId: number;
  number: number;
  changes: readonly TaskChange[];
  columns: Column[];
  block: ColumnBlock;
}

/**
 * The columns of all segments, for writing, in a batch's transaction and under its lock, so that nobody else writes them
 * meanwhile. What is in memory counts for as long as nobody else has written since: the store remembers who did last.
 * A block that is not there is made of its rows: one of an older program's, or the first rows of a segment.
 */
export class ColumnWriter {
  readonly #self = randomUUID();
  /** By segment and block; least recently used first. */
  readonly #blocks = new Map<string, ColumnBlock>();
  /** By segment: by column and text. */
  readonly #codes = new Map<number, Map<string, number>>();
  /** By segment: those of its texts, see `short-terms.ts`. */
  readonly #characters = new Map<number, Set<string>>();
  /** By segment: the newest task there is. */
  readonly #newest = new Map<number, number>();
  /** Segments of an older program; undefined: not looked for yet. */
  #unfilled: number[] | undefined;

  /** Writes what becomes of tasks' rows, which are written before. Once a task. */
  async write(client: pg.ClientBase, changes: readonly PlacedChange[]): Promise<void> {
    if (changes.length === 0) return;
    await this.#checkIn(client);
    const byBlock = new Map<string, { segmentId: number; number: number; changes: TaskChange[] }>();
    for (const change of changes) {
      const number = blockOf(change.id);
      const key = toKey(change.segmentId, number);
      const noted = byBlock.get(key);
      if (noted) noted.changes.push(change);
      else byBlock.set(key, { segmentId: change.segmentId, number, changes: [change] });
    }
    const blocks = [...byBlock.values()];
    for (let at = 0; at < blocks.length; at += keptBlocks) {
      const touched: Touched[] = [];
      for (const block of blocks.slice(at, at + keptBlocks)) touched.push(await this.#open(client, block));
      await this.#set(client, touched);
    }
    for (const { segmentId, id } of changes) {
      this.#newest.set(segmentId, Math.max(id, this.#newest.get(segmentId) ?? 0));
    }
  }

  /** Makes at most `limit` blocks that are missing in segments of an older program. Under the batch's lock, too. */
  async fill(client: pg.ClientBase, limit: number): Promise<void> {
    this.#unfilled ??= (await client.query<{ id: number }>(statements.unfilled)).rows.map(({ id }) => id);
    const segmentId = this.#unfilled.at(-1);
    if (segmentId === undefined) return;
    await this.#checkIn(client);
    const { rows } = await client.query<{ block: number }>(statements.missing, [segmentId, blockRows]);
    const touched: Touched[] = [];
    for (const { block } of rows.slice(-limit)) touched.push(await this.#derive(client, segmentId, block));
    await this.#set(client, touched);
    if (rows.length > limit) return;
    await client.query(statements.setFilled, [segmentId]);
    this.#unfilled.pop();
  }

  /** After a rollback: what is in memory is not what is stored. */
  forget(): void {
    this.#blocks.clear();
    this.#codes.clear();
    this.#characters.clear();
    this.#newest.clear();
    this.#unfilled = undefined;
  }

  async #checkIn(client: pg.ClientBase): Promise<void> {
    const { rows } = await client.query<{ value: string }>(statements.lastWriter);
    if (rows[0]?.value === this.#self) return;
    this.forget();
    await client.query(statements.setLastWriter, [this.#self]);
  }

  async #open(
    client: pg.ClientBase,
    { segmentId, number, changes }: Pick<Touched, 'segmentId' | 'number' | 'changes'>,
  ): Promise<Touched> {
    const columns = columnsTouched(changes);
    const newest = this.#newest.get(segmentId);
    const held = this.#blocks.get(toKey(segmentId, number));
    if (!held && newest !== undefined && number > blockOf(newest)) {
      return { segmentId, number, changes, columns, block: ColumnBlock.empty() };
    }
    const block = held ?? new ColumnBlock();
    const wanted = columns.filter((column) => !block.holds(column));
    if (wanted.length === 0) return { segmentId, number, changes, columns, block };
    const { rows } = await client.query<{ field: Column; data: Buffer } & Zone>(statements.load, [
      segmentId,
      number,
      wanted,
    ]);
    if (rows.length < wanted.length) return this.#derive(client, segmentId, number);
    for (const { field, data, low, high } of rows) block.hold(field, data, { low, high });
    return { segmentId, number, changes, columns, block };
  }

  /** Of the rows as they are now. */
  async #derive(client: pg.ClientBase, segmentId: number, number: number): Promise<Touched> {
    const range = [segmentId, number * blockRows, (number + 1) * blockRows];
    const { rows } = await client.query<TaskRow>(statements.rows, range);
    const changes = rows.map((row) => ({ id: row.id, after: toTask(row) }));
    return { segmentId, number, changes, columns: columnsTouched(changes), block: ColumnBlock.empty() };
  }

  async #set(client: pg.ClientBase, touched: readonly Touched[]): Promise<void> {
    const changed: (ChangedColumn & { segmentId: number; number: number })[] = [];
    for (const segmentId of new Set(touched.map((each) => each.segmentId))) {
      const ofSegment = touched.filter((each) => each.segmentId === segmentId);
      await this.#learnCodes(client, segmentId, ofSegment);
      await this.#learnCharacters(client, segmentId, ofSegment);
    }
    for (const { segmentId, number, changes, columns, block } of touched) {
      const codeOf: CodeOf = (column, text) => this.#codes.get(segmentId)!.get(toCodeKey(column, toStoredText(text)))!;
      for (const column of columns) block.set(column, changes, codeOf);
      for (const column of block.takeChanged()) changed.push({ ...column, segmentId, number });
      const key = toKey(segmentId, number);
      this.#blocks.delete(key);
      this.#blocks.set(key, block);
      if (this.#blocks.size > keptBlocks) this.#blocks.delete(this.#blocks.keys().next().value!);
    }
    if (changed.length > 0) await client.query(toSaveBlocks(changed));
    const zones = changed.flatMap(({ zone, ...column }) => (zone ? [{ ...column, ...zone }] : []));
    if (zones.length > 0) await client.query(toSaveZones(zones));
  }

  /** So that every text has a code in memory that is about to be set. */
  async #learnCodes(client: pg.ClientBase, segmentId: number, touched: readonly Touched[]): Promise<void> {
    let known = this.#codes.get(segmentId);
    if (!known || known.size > keptCodes) this.#codes.set(segmentId, (known = new Map<string, number>()));
    const unknown = new Map<string, { field: CodeColumn; text: string }>();
    for (const { changes, columns } of touched) {
      for (const field of codeColumns.filter((column) => columns.includes(column))) {
        for (const { after } of changes) {
          const raw = textOf[field](after);
          if (raw === null) continue;
          const text = toStoredText(raw);
          const key = toCodeKey(field, text);
          if (!known.has(key)) unknown.set(key, { field, text });
        }
      }
    }
    if (unknown.size === 0) return;
    const texts = [...unknown.values()];
    const parameters = [segmentId, texts.map(({ field }) => field), texts.map(({ text }) => text)];
    for (const statement of [statements.addTexts, statements.findTexts]) {
      const { rows } = await client.query<{ field: CodeColumn; code: number; text: string }>(statement, parameters);
      for (const { field, code, text } of rows) known.set(toCodeKey(field, text), code);
    }
  }

  /** Those of which there are too many need not be known. */
  async #learnCharacters(client: pg.ClientBase, segmentId: number, touched: readonly Touched[]): Promise<void> {
    let known = this.#characters.get(segmentId);
    if (!known) this.#characters.set(segmentId, (known = new Set<string>()));
    const added: string[] = [];
    for (const { after } of touched.flatMap(({ changes }) => changes)) {
      if (known.size > mostCharacters) break;
      for (const character of charactersOf(after)) {
        if (known.has(character)) continue;
        known.add(character);
        added.push(character);
      }
    }
    if (added.length === 0) return;
    await client.query(statements.addTexts, [segmentId, added.map(() => characterField), added]);
  }
}

const toKey = (segmentId: number, number: number): string => `${segmentId} ${number}`;
const toCodeKey = (column: CodeColumn, text: string): string => `${column} ${text}`;
