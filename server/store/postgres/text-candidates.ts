import type pg from 'pg';
import type { CandidateUse } from '../segment-data.ts';
import type { TextCondition } from './text-index.ts';

/** The newest rows tell how common a text is: 3 ms. */
const sampleRows = 1024;
/** From here on fifty hits are found sooner by looking at the rows that come first: some 2,500, instead of all hits. */
const commonHits = 20;
/** Of a statement that asks the index: in milliseconds, and as a part of the time that is left. */
const mostIndexMs = 1000;
const mostIndexShare = 0.5;

/** What Postgres says when a statement was cancelled. */
const queryCanceled = '57014';

/**
 * Candidates for text, newest first. Postgres looks at all hits of its index before it names the first, at 30 µs each,
 * however few are wanted: so a page of a common text is better found by looking at rows, and no statement takes for ever.
 */
export class TextCandidates {
  #isFirst = true;

  constructor(
    private readonly pool: pg.Pool,
    private readonly condition: TextCondition,
    private readonly use: CandidateUse,
  ) {}

  /** See {@link IdSource}. */
  async read(below: number, limit: number): Promise<number[] | null> {
    if (this.#isFirst && this.use.most !== Infinity && (await this.#isCommon())) return null;
    this.#isFirst = false;
    return this.#readIndex(below, limit);
  }

  /** By what is written last. The limit comes first, so that no plan asks the index, which is what this is to avoid. */
  async #isCommon(): Promise<boolean> {
    const { sample, parameters } = this.condition;
    const newest = `SELECT * FROM tasks ORDER BY id DESC LIMIT ${sampleRows}`;
    const { rows } = await this.pool.query<{ hits: number }>(
      `SELECT count(*) AS hits FROM (${newest}) AS tasks WHERE ${sample}`,
      parameters,
    );
    return rows[0]!.hits >= commonHits;
  }

  /** null: it takes too long. */
  async #readIndex(below: number, limit: number): Promise<number[] | null> {
    const { sql, parameters } = this.condition;
    const [beneath, most] = [parameters.length + 1, parameters.length + 2];
    // Not by the order of ids, so that no plan goes through all rows in that order until there are enough.
    const text = `SELECT id FROM (SELECT id FROM tasks WHERE indexed = 1 AND ${sql} AND id < $${beneath} OFFSET 0) AS found
      ORDER BY id DESC LIMIT $${most}`;
    const leftMs = this.use.stop.deadlineMs - performance.now();
    const client = await this.pool.connect();
    let broken: Error | undefined;
    try {
      const boundMs = Math.ceil(Math.max(Math.min(mostIndexMs, leftMs * mostIndexShare), 1));
      await client.query(setLimit, [String(boundMs)]);
      const { rows } = await client.query<{ id: number }>(text, [...parameters, toId(below), limit]);
      return rows.map(({ id }) => id);
    } catch (error) {
      if ((error as { code?: string }).code !== queryCanceled) broken = error as Error;
      if (broken) throw broken;
      return null;
    } finally {
      if (!broken) await client.query(resetLimit).catch((error: Error) => (broken = error));
      client.release(broken);
    }
  }
}

const setLimit = `SELECT set_config('statement_timeout', $1, false)`;
const resetLimit = 'RESET statement_timeout';

const toId = (below: number): number => Math.min(below, Number.MAX_SAFE_INTEGER);
