import { blockRows, type Codes } from '../../store/columns.ts';
import type { BlockReader } from './block-reader.ts';
import { fitOfNone, listsOf, type Plan } from './plan.ts';

/** Computes a plan of one block after the other. */
export class Evaluation {
  readonly #plan: Plan;
  readonly #reader: BlockReader;
  /** Whether a row that no task has would fit, so that it takes a look at the state, which every task has. */
  readonly #needsState: boolean;
  readonly #lists;
  readonly #scratch: Uint8Array[] = [];

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
        await list.read();
      }
    }
    return true;
  }

  /** What each row of the block is, see {@link Plan}; in `out`, of `blockRows`. */
  async fill(block: number, out: Uint8Array): Promise<void> {
    await this.#fill(this.#plan, block, out, 0);
    if (this.#needsState && hasFit(out)) clearAbsent(out, await this.#reader.codes('state', block));
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

  async #fillJoined(plan: Plan & { kind: 'and' | 'or' }, block: number, out: Uint8Array, depth: number): Promise<void> {
    const { kind, parts } = plan;
    if (kind === 'and' && !mayFit(plan, block)) {
      out.fill(0);
      return;
    }
    const other = (this.#scratch[depth] ??= new Uint8Array(blockRows));
    await this.#fill(parts[0]!, block, out, depth + 1);
    for (let i = 1; i < parts.length; i++) {
      if (kind === 'and' && !hasFit(out)) return;
      const part = parts[i]!;
      if (kind === 'or' && !mayFit(part, block)) continue;
      if (kind === 'and' && part.kind === 'codes') {
        keepLeastOf(await this.#reader.codes(part.column, block), part.table, out);
        continue;
      }
      await this.#fill(part, block, other, depth + 1);
      if (kind === 'and') keepLeast(out, other);
      else keepGreatest(out, other);
    }
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

/** Most rows do not fit any more. */
function keepLeastOf(codes: Codes, table: Uint8Array, out: Uint8Array): void {
  for (let i = 0; i < blockRows; i++) {
    if (out[i] === 0) continue;
    const fit = table[codes[i]!]!;
    if (fit < out[i]!) out[i] = fit;
  }
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
