import type pg from 'pg';
import type { CandidateUse } from '../segment-data.ts';
import { roughText, searchText, toCondition, toTestSql, type TextTest } from './text-index.ts';

/** The newest rows tell how common a text is: 3 ms. */
const sampleRows = 1024;
/**
 * Fifty hits are found sooner by looking at the rows that come first, of each 15 µs, than by reading all hits from the
 * index, of each 30 µs and more: in a million rows, where they are 5 of a thousand.
 */
const rowsForPage = 25;
/** So many hits say something. */
const leastHits = 3;
/** What stands around a short value is in many rows that have no such value: only from such a part on it is common. */
const vagueHits = 0.125;
/** What such a part of the rows passes rules out too few. */
const mostPassing = 0.5;
/** Of a statement that asks the index: in milliseconds, and as a part of the time that is left. */
const mostIndexMs = 1000;
const mostIndexShare = 0.5;

/** What Postgres says when a statement was cancelled. */
const queryCanceled = '57014';

interface Sample {
  tasks: number;
  hits: number;
  /** Of each test. */
  passing: number[];
  /** So many tasks there are in all, at most. */
  stored: number;
}

/**
 * Candidates for text, newest first. Postgres looks at all hits of its index before it names the first, at 30 µs each,
 * however few are wanted: so a page of a common text is better found by looking at rows, and no statement takes for ever.
 */
export class TextCandidates {
  #isFirst = true;
  #tests: readonly TextTest[];

  constructor(
    private readonly pool: pg.Pool,
    tests: readonly TextTest[],
    private readonly use: CandidateUse,
  ) {
    this.#tests = tests;
  }

  /** See {@link IdSource}. */
  async read(below: number, limit: number): Promise<number[] | null> {
    if (this.#isFirst) {
      const isCommon = await this.#takeSample();
      if (isCommon && this.use.most !== Infinity) return null;
      this.#isFirst = false;
    }
    return this.#readIndex(below, limit);
  }

  /**
   * By what is written last. The limit comes first, so that no plan asks the index, which is what this is to avoid. What
   * most rows pass, as the name of an argument that all tasks have, is not asked of the index: it would only make of every
   * hit the text once more.
   * @returns whether the text is common
   */
  async #takeSample(): Promise<boolean> {
    const tests = this.#tests;
    const texts = `SELECT ${roughText} AS text FROM (SELECT * FROM tasks ORDER BY id DESC LIMIT ${sampleRows}) AS tasks OFFSET 0`;
    const countWhere = (condition: string): string => `count(*) FILTER (WHERE ${condition})`;
    const { rows } = await this.pool.query<Sample>(
      `SELECT count(*) AS tasks, ${countWhere(toCondition('text', tests))} AS hits,
         json_build_array(${tests.map((test, i) => countWhere(toTestSql('text', test, i))).join(', ')}) AS passing,
         (SELECT max(id) FROM tasks) - (SELECT min(id) FROM tasks) AS stored
       FROM (${texts}) AS newest`,
      parametersOf(tests),
    );
    const { tasks, hits, passing, stored } = rows[0]!;
    // Of short numbers, which count up, the newest rows tell nothing.
    const telling = tests.filter(({ isVague }, i) => isVague || passing[i]! < tasks * mostPassing);
    if (telling.length > 0) this.#tests = telling;
    if (tests.some(({ isVague }) => isVague)) return hits >= tasks * vagueHits;
    return hits >= Math.max(leastHits, tasks * Math.sqrt(rowsForPage / Math.max(stored, rowsForPage)));
  }

  /** null: it takes too long. */
  async #readIndex(below: number, limit: number): Promise<number[] | null> {
    const parameters = parametersOf(this.#tests);
    const [beneath, most] = [parameters.length + 1, parameters.length + 2];
    // Not by the order of ids, so that no plan goes through all rows in that order until there are enough.
    const text = `SELECT id FROM (SELECT id FROM tasks WHERE indexed = 1 AND ${toCondition(searchText, this.#tests)} AND id < $${beneath} OFFSET 0) AS found
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

const parametersOf = (tests: readonly TextTest[]): string[] => tests.map(({ parameter }) => parameter);

const setLimit = `SELECT set_config('statement_timeout', $1, false)`;
const resetLimit = 'RESET statement_timeout';

const toId = (below: number): number => Math.min(below, Number.MAX_SAFE_INTEGER);
