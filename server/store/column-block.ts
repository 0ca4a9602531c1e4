/**
 * The columns of one block while they are written. In: bytes as a store has them, and tasks that changed. Out: the bytes
 * of columns in which something is different now. It knows no engine: who holds it loads, saves, and owns the transaction.
 */
import type { Task } from '../domain/task.ts';
import { numberOf, textOf } from './column-values.ts';
import {
  blockRows,
  codeColumns,
  numberColumns,
  type CodeColumn,
  type Codes,
  type Column,
  type NumberColumn,
} from './columns.ts';

export const columns: readonly Column[] = [...numberColumns, ...codeColumns];

/** A task's row as it was, if it was there, and as it is. */
export interface TaskChange {
  id: number;
  before?: Task;
  after: Task;
}

/** Bounds of what is in a column; null: no number in it. */
export interface Zone {
  low: number | null;
  high: number | null;
}

export interface ChangedColumn {
  field: Column;
  data: Buffer;
  /** Missing: as it was, or a column of codes. */
  zone?: Zone;
}

export const blockOf = (id: number): number => Math.floor(id / blockRows);

/** Whether no task before this one has its row in the same block; ids begin at 1. */
export const isFirstOfBlock = (id: number): boolean => id === 1 || id % blockRows === 0;

/** The columns in which one of the changes makes a difference. */
export function columnsTouched(changes: readonly TaskChange[]): Column[] {
  return columns.filter((column) => {
    const valueOf = isNumberColumn(column) ? numberOf[column] : textOf[column];
    return changes.some(({ before, after }) => before === undefined || valueOf(before) !== valueOf(after));
  });
}

export function isNumberColumn(column: Column): column is NumberColumn {
  return column in numberOf;
}

/** Code of a text in the dictionary of a column. */
export type CodeOf = (column: CodeColumn, text: string) => number;

interface HeldNumbers {
  values: Float64Array;
  zone: Zone;
  isChanged: boolean;
  isZoneChanged: boolean;
}

interface HeldCodes {
  values: Uint32Array;
  isChanged: boolean;
}

export class ColumnBlock {
  readonly #numbers = new Map<NumberColumn, HeldNumbers>();
  readonly #codes = new Map<CodeColumn, HeldCodes>();

  /** A block in which there is nothing yet, all of it to be written. */
  static empty(): ColumnBlock {
    const block = new ColumnBlock();
    for (const column of numberColumns) {
      const values = new Float64Array(blockRows).fill(NaN);
      block.#numbers.set(column, { values, zone: { low: null, high: null }, isChanged: true, isZoneChanged: true });
    }
    for (const column of codeColumns) {
      block.#codes.set(column, { values: new Uint32Array(blockRows), isChanged: true });
    }
    return block;
  }

  holds(column: Column): boolean {
    return isNumberColumn(column) ? this.#numbers.has(column) : this.#codes.has(column);
  }

  /** A column as it is stored; `zone` of numbers only. */
  hold(column: Column, data: Uint8Array, zone?: Zone): void {
    if (isNumberColumn(column)) {
      const held = { zone: { low: zone?.low ?? null, high: zone?.high ?? null }, isChanged: false };
      this.#numbers.set(column, { ...held, values: toNumbers(data).slice(), isZoneChanged: false });
    } else this.#codes.set(column, { values: Uint32Array.from(toCodes(data)), isChanged: false });
  }

  /** Sets what the tasks are now, in columns that are held. */
  set(column: Column, changes: readonly TaskChange[], codeOf: CodeOf): void {
    if (isNumberColumn(column)) this.#setNumbers(column, changes);
    else this.#setCodes(column, changes, codeOf);
  }

  /** Of a column that is held; not to be changed. */
  numbers(column: NumberColumn): Float64Array {
    return this.#numbers.get(column)!.values;
  }

  codes(column: CodeColumn): Uint32Array {
    return this.#codes.get(column)!.values;
  }

  /** What has to be written; from then on it counts as written. */
  takeChanged(): ChangedColumn[] {
    const changed: ChangedColumn[] = [];
    for (const [field, held] of this.#numbers) {
      if (!held.isChanged) continue;
      const zone = held.isZoneChanged ? { ...held.zone } : undefined;
      changed.push({ field, data: toNumberBytes(held.values), ...(zone && { zone }) });
      held.isChanged = held.isZoneChanged = false;
    }
    for (const [field, held] of this.#codes) {
      if (!held.isChanged) continue;
      changed.push({ field, data: toCodeBytes(held.values) });
      held.isChanged = false;
    }
    return changed;
  }

  #setNumbers(column: NumberColumn, changes: readonly TaskChange[]): void {
    const held = this.#numbers.get(column)!;
    const valueOf = numberOf[column];
    for (const { id, after } of changes) {
      const value = valueOf(after);
      const row = id % blockRows;
      if (Object.is(held.values[row], value ?? NaN)) continue;
      held.values[row] = value ?? NaN;
      held.isChanged = true;
      if (value !== null) widen(held, value);
    }
  }

  #setCodes(column: CodeColumn, changes: readonly TaskChange[], codeOf: CodeOf): void {
    const held = this.#codes.get(column)!;
    const valueOf = textOf[column];
    for (const { id, after } of changes) {
      const text = valueOf(after);
      const code = text === null ? 0 : codeOf(column, text);
      const row = id % blockRows;
      if (held.values[row] === code) continue;
      held.values[row] = code;
      held.isChanged = true;
    }
  }
}

function widen(held: HeldNumbers, value: number): void {
  const { zone } = held;
  if (zone.low === null || value < zone.low) {
    zone.low = value;
    held.isZoneChanged = true;
  }
  if (zone.high === null || value > zone.high) {
    zone.high = value;
    held.isZoneChanged = true;
  }
}

function toCodeBytes(codes: Uint32Array): Buffer {
  let greatest = 0;
  for (const code of codes) if (code > greatest) greatest = code;
  const narrowed = greatest < 256 ? Uint8Array.from(codes) : greatest < 65_536 ? Uint16Array.from(codes) : codes;
  return Buffer.from(narrowed.buffer);
}

/** Small whole numbers, as retries are, in a byte each: the number and one, 0 for none. */
function toNumberBytes(numbers: Float64Array): Buffer {
  const small = Buffer.alloc(blockRows);
  for (let i = 0; i < blockRows; i++) {
    const number = numbers[i]!;
    if (Number.isNaN(number)) continue;
    small[i] = number + 1;
    if (small[i] !== number + 1 || small[i] === 0) return Buffer.from(numbers.buffer);
  }
  return small;
}

/**
 * Numbers and codes of the bytes that a store has. Bytes are little-endian, as is every machine that Node is built for
 * but IBM's mainframes; how many there are says how wide a value is.
 */
export function toNumbers(data: Uint8Array): Float64Array {
  if (data.byteLength === blockRows) return Float64Array.from(data, (byte) => (byte === 0 ? NaN : byte - 1));
  const { buffer, byteOffset } = aligned(data);
  return new Float64Array(buffer, byteOffset, blockRows);
}

export function toCodes(data: Uint8Array): Codes {
  const { buffer, byteOffset, byteLength } = aligned(data);
  if (byteLength === blockRows) return new Uint8Array(buffer, byteOffset, blockRows);
  if (byteLength === 2 * blockRows) return new Uint16Array(buffer, byteOffset, blockRows);
  return new Uint32Array(buffer, byteOffset, blockRows);
}

/** Drivers cut buffers out of larger ones, anywhere. */
function aligned(data: Uint8Array): Uint8Array {
  return data.byteOffset % 8 === 0 ? data : Uint8Array.from(data);
}
