import { blockRows, type Codes } from '../../store/columns.ts';
import { BlockReader } from './block-reader.ts';
import type { IdList } from './id-list.ts';
import { besideLists, fitOfNone, listsOf, type Plan } from './plan.ts';

type JoinedPlan = Extract<Plan, { parts: Plan[] }>;

/** Microseconds: to look at a row, and to read one id of a list. */
const rowUs = 5;
const idUs = 0.25;
/** What to read 8,000 ids takes. */
const fewLooks = 1500;
/** So many tell how many rows are left without a list. */
const sampleBlocks = 4;

/** Computes a plan of one block after the other. */
export class Evaluation {
  readonly #plan: Plan;
  readonly #reader: BlockReader;
  /** Whether a row that no task has would fit, so that it takes a look at the state, which every task has. */
  readonly #needsState: boolean;
  readonly #lists;
  /** Rows a block that may fit if nothing is known of lists; once it was counted. */
  #rowsBesideLists: number | undefined;
  readonly #scratch: Uint8Array[] = [];
  /** Rows that fit, while the parts of one AND are gone through. */
  readonly #rows = new Uint16Array(blockRows);
  readonly #sorted = new Set<Plan>();

  constructor(plan: Plan, reader: BlockReader) {
    this.#plan = plan;
    this.#reader = reader;
    this.#needsState = fitOfNone(plan) > 0;
    this.#lists = listsOf(plan);
  }

  /** Whether a row of the block may fit, as far as can be told without reading any column. */
  mayFit(block: number): boolean {
    return mayFit(this.#plan, block);
  }

  /** Reads the lists of ids as far as they are needed for a block, piece by piece; false: the time is up. */
  async coverBlock(block: number, goOn: () => Promise<boolean>): Promise<boolean> {
    for (const list of this.#lists) {
      while (!list.isCovered(block * blockRows)) {
        if (!(await goOn())) return false;
        if (await this.#isWorthReading(list, block)) await list.read();
        else list.giveUp();
      }
    }
    return true;
  }

  /**
   * For an order in which lists would have to be read to their ends: of as many candidates as their beginnings show, so
   * many are soon found by looking at the rows, and no list is read on.
   * @returns how many looks that should take; null: lists are read
   */
  async giveUpLists(wanted: number): Promise<number | null> {
    for (const list of this.#lists) if (list.length === 0 && !list.isComplete) await list.read();
    const perBlock = this.#lists.reduce((ids, list) => ids + list.idsPerBlock, 0);
    const looks = (wanted * blockRows) / perBlock;
    if (this.#lists.every((list) => list.isComplete) || !(looks <= fewLooks)) return null;
    for (const list of this.#lists) list.giveUp();
    return looks;
  }

  resumeLists(): void {
    for (const list of this.#lists) list.resume();
  }

  /** Where other columns leave few rows, it is quicker to look at these than to read a long list. */
  async #isWorthReading(list: IdList, block: number): Promise<boolean> {
    const listUs = list.idsPerBlock * idUs;
    if (listUs === 0) return true;
    this.#rowsBesideLists ??= await this.#countBesideLists(block);
    return this.#rowsBesideLists * rowUs > listUs;
  }

  /** A block. */
  async #countBesideLists(newest: number): Promise<number> {
    const plan = besideLists(this.#plan);
    if (plan.kind === 'constant') return blockRows;
    const oldest = Math.max(0, newest - sampleBlocks + 1);
    const blocks = Array.from({ length: newest + 1 - oldest }, (_, i) => oldest + i);
    const reader = new BlockReader(this.#reader.columns);
    reader.begin(blocks);
    const beside = new Evaluation(plan, reader);
    const fits = new Uint8Array(blockRows);
    let rows = 0;
    for (const block of blocks) if (await beside.fill(block, fits)) rows += listFits(fits, this.#rows);
    return rows / blocks.length;
  }

  /**
   * What each row of the block is, see {@link Plan}; in `out`, of `blockRows`.
   * @returns whether a row fits or may fit
   */
  async fill(block: number, out: Uint8Array): Promise<boolean> {
    const plan = this.#plan;
    if (plan.kind === 'codes') return (await this.#fillFirst(plan, block, out, 0)) > 0;
    if (plan.kind === 'and' && !this.#needsState) return (await this.#fillAnd(plan, block, out, 0)) > 0;
    await this.#fill(plan, block, out, 0);
    if (!hasFit(out)) return false;
    if (this.#needsState) clearAbsent(out, await this.#reader.codes('state', block));
    return !this.#needsState || hasFit(out);
  }

  async #fill(plan: Plan, block: number, out: Uint8Array, depth: number): Promise<void> {
    switch (plan.kind) {
      case 'constant':
        out.fill(plan.fit);
        return;
      case 'ids':
        plan.ids.fill(block, plan.inside, out);
        return;
      case 'codes':
        lookUp(await this.#reader.codes(plan.column, block), plan.table, out);
        return;
      case 'range':
        if (!mayFit(plan, block)) out.fill(0);
        else compareNumbers(await this.#reader.numbers(plan.column, block), plan.low, plan.high, out);
        return;
      case 'not':
        await this.#fill(plan.part, block, out, depth);
        negate(out);
        return;
      case 'and':
      case 'or':
        await this.#fillJoined(plan, block, out, depth);
    }
  }

  async #fillJoined(plan: JoinedPlan, block: number, out: Uint8Array, depth: number): Promise<void> {
    if (plan.kind === 'and') {
      await this.#fillAnd(plan, block, out, depth);
      return;
    }
    const other = this.#scratchAt(depth);
    await this.#fill(plan.parts[0]!, block, out, depth + 1);
    for (const part of plan.parts.slice(1)) {
      if (!mayFit(part, block)) continue;
      await this.#fill(part, block, other, depth + 1);
      keepGreatest(out, other);
    }
  }

  /**
   * Of what fits the first part, mostly few rows, only those are looked at in columns of codes.
   * @returns how many rows fit
   */
  async #fillAnd(plan: JoinedPlan, block: number, out: Uint8Array, depth: number): Promise<number> {
    if (!mayFit(plan, block)) {
      out.fill(0);
      return 0;
    }
    if (!this.#sorted.has(plan)) await this.#sort(plan, block);
    const rows = this.#rows;
    let left = await this.#fillFirst(plan.parts[0]!, block, out, depth);
    for (let i = 1; i < plan.parts.length && left > 0; i++) {
      const part = plan.parts[i]!;
      if (part.kind === 'codes') {
        left = keepRows(await this.#reader.codes(part.column, block), part.table, out, rows, left);
        continue;
      }
      const other = this.#scratchAt(depth);
      await this.#fill(part, block, other, depth + 1);
      keepLeast(out, other);
      left = listFits(out, rows);
    }
    return left;
  }

  async #fillFirst(part: Plan, block: number, out: Uint8Array, depth: number): Promise<number> {
    if (part.kind === 'codes')
      return listRows(await this.#reader.codes(part.column, block), part.table, out, this.#rows);
    await this.#fill(part, block, out, depth + 1);
    return listFits(out, this.#rows);
  }

  /** Columns of codes in the order of how many rows fit of them, in the first block there is. */
  async #sort(plan: JoinedPlan, block: number): Promise<void> {
    this.#sorted.add(plan);
    const fitting = new Map<Plan, number>();
    for (const part of plan.parts) {
      if (part.kind !== 'codes') continue;
      const codes = await this.#reader.codes(part.column, block);
      fitting.set(part, countFits(codes, part.table));
    }
    const codeParts = [...fitting].sort(([, a], [, b]) => a - b).map(([part]) => part);
    plan.parts = plan.parts.map((part) => (part.kind === 'codes' ? codeParts.shift()! : part));
  }

  #scratchAt(depth: number): Uint8Array {
    return (this.#scratch[depth] ??= new Uint8Array(blockRows));
  }
}

function mayFit(plan: Plan, block: number): boolean {
  switch (plan.kind) {
    case 'constant':
      return plan.fit > 0;
    case 'ids':
      return plan.ids.mayHold(block);
    case 'range':
      return plan.zones.low[block]! <= plan.high && plan.zones.high[block]! >= plan.low;
    case 'and':
      return plan.parts.every((part) => mayFit(part, block));
    case 'or':
      return plan.parts.some((part) => mayFit(part, block));
    case 'codes':
    case 'not':
      return true;
  }
}

// Loops of their own over typed arrays: a microsecond a block.

function lookUp(codes: Codes, table: Uint8Array, out: Uint8Array): void {
  for (let i = 0; i < blockRows; i++) out[i] = table[codes[i]!]!;
}

function countFits(codes: Codes, table: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < blockRows; i++) if (table[codes[i]!] !== 0) count++;
  return count;
}

/** As `lookUp`, and lists the rows that fit: mostly few, and none of four. @returns how many there are */
function listRows(codes: Codes, table: Uint8Array, out: Uint8Array, rows: Uint16Array): number {
  out.fill(0);
  let count = 0;
  for (let at = 0; at < blockRows; at += 4) {
    const end = Math.min(at + 4, blockRows);
    if (end - at === 4) {
      const any = table[codes[at]!]! | table[codes[at + 1]!]! | table[codes[at + 2]!]! | table[codes[at + 3]!]!;
      if (any === 0) continue;
    }
    for (let i = at; i < end; i++) {
      const fit = table[codes[i]!]!;
      if (fit === 0) continue;
      out[i] = fit;
      rows[count++] = i;
    }
  }
  return count;
}

/** @returns how many there are */
function listFits(out: Uint8Array, rows: Uint16Array): number {
  let count = 0;
  for (let i = 0; i < blockRows; i++) if (out[i] !== 0) rows[count++] = i;
  return count;
}

/** @returns how many rows are left of the first so many */
function keepRows(codes: Codes, table: Uint8Array, out: Uint8Array, rows: Uint16Array, count: number): number {
  let left = 0;
  for (let i = 0; i < count; i++) {
    const row = rows[i]!;
    const fit = table[codes[row]!]!;
    if (fit < out[row]!) out[row] = fit;
    if (fit !== 0) rows[left++] = row;
  }
  return left;
}

function compareNumbers(numbers: Float64Array, low: number, high: number, out: Uint8Array): void {
  for (let i = 0; i < blockRows; i++) {
    const number = numbers[i]!;
    out[i] = number >= low && number <= high ? 2 : 0;
  }
}

function negate(out: Uint8Array): void {
  for (let i = 0; i < blockRows; i++) out[i] = 2 - out[i]!;
}

function keepLeast(out: Uint8Array, other: Uint8Array): void {
  for (let i = 0; i < blockRows; i++) if (other[i]! < out[i]!) out[i] = other[i]!;
}

function keepGreatest(out: Uint8Array, other: Uint8Array): void {
  for (let i = 0; i < blockRows; i++) if (other[i]! > out[i]!) out[i] = other[i]!;
}

function clearAbsent(out: Uint8Array, states: Codes): void {
  for (let i = 0; i < blockRows; i++) if (states[i] === 0) out[i] = 0;
}

export function hasFit(out: Uint8Array): boolean {
  for (let i = 0; i < blockRows; i++) if (out[i]! > 0) return true;
  return false;
}
