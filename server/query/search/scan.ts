import { blockRows, type CodeColumn } from '../../store/columns.ts';
import type { SegmentData } from '../../store/segment-data.ts';
import { BlockReader } from './block-reader.ts';
import { Evaluation } from './evaluate.ts';
import { listsOf, Planner, type Plan } from './plan.ts';
import type { Pace } from './pace.ts';
import type { Filter } from './question.ts';
import { Verifier } from './verify.ts';

/** Blocks read together where all are gone through: some 100 kB of a column of numbers. */
const batchBlocks = 16;
/** Rows looked at in one go: a few milliseconds. */
const verifiedAtOnce = 250;

/** What one question needs to go through one segment. */
export class Scan {
  readonly reader: BlockReader;
  readonly plan: Plan;
  readonly evaluation: Evaluation;
  readonly verifier: Verifier;
  readonly pace: Pace;

  private constructor(reader: BlockReader, plan: Plan, verifier: Verifier, pace: Pace) {
    this.reader = reader;
    this.plan = plan;
    this.evaluation = new Evaluation(plan, reader);
    this.verifier = verifier;
    this.pace = pace;
  }

  static async open(data: SegmentData, filter: Filter, mostIds: number, pace: Pace): Promise<Scan> {
    const columns = await data.columns();
    const plan = await new Planner(data, columns, { most: mostIds, stop: pace.stop }).plan(filter);
    return new Scan(new BlockReader(columns), plan, new Verifier(data, filter), pace);
  }

  dictionary(column: CodeColumn): Promise<readonly string[]> {
    return this.reader.columns.dictionary(column);
  }

  /** Blocks that may have a row that fits, newest first. */
  blocks(): number[] {
    const blocks: number[] = [];
    for (let block = this.reader.columns.blocks - 1; block >= 0; block--) {
      if (this.evaluation.mayFit(block)) blocks.push(block);
    }
    const newest = blocks[0];
    if (newest !== undefined) for (const list of listsOf(this.plan)) list.skipTo((newest + 1) * blockRows);
    return blocks;
  }

  /**
   * Goes through all blocks, newest first; `visit` gets those with a row that fits, where `fits` is 0 or 2.
   * @returns whether the time sufficed
   */
  async all(visit: (block: number, fits: Uint8Array) => void | Promise<void>): Promise<boolean> {
    const fits = new Uint8Array(blockRows);
    const goOn = (): Promise<boolean> => this.pace.goOn();
    const blocks = this.blocks();
    for (let at = 0; at < blocks.length; at += batchBlocks) {
      const batch: number[] = [];
      for (const block of blocks.slice(at, at + batchBlocks)) {
        if (!(await this.evaluation.coverBlock(block, goOn))) return false;
        if (this.evaluation.mayFit(block)) batch.push(block);
      }
      this.reader.begin(batch);
      for (const block of batch) {
        if (!(await goOn())) return false;
        await this.evaluation.fill(block, fits);
        const isWhole = await this.#settle(block, fits);
        await visit(block, fits);
        if (!isWhole) return false;
      }
    }
    return true;
  }

  /** Looks at the rows that may fit; those for which there is no time do not. */
  async #settle(block: number, fits: Uint8Array): Promise<boolean> {
    const from = block * blockRows;
    let isWhole = true;
    for (let row = 0; row < blockRows;) {
      const ids: number[] = [];
      for (; row < blockRows && ids.length < verifiedAtOnce; row++) if (fits[row] === 1) ids.push(from + row);
      if (ids.length === 0) break;
      isWhole &&= await this.pace.goOn();
      const fitting = isWhole ? await this.verifier.fitting(ids) : none;
      for (const id of ids) fits[id - from] = fitting.has(id) ? 2 : 0;
    }
    return isWhole;
  }
}

const none: ReadonlySet<number> = new Set();
