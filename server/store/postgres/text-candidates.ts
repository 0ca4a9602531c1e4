import type pg from 'pg';
import { toIdChunk, type CandidateUse, type IdChunk } from '../segment-data.ts';
import { notIn, type SegmentRanges } from './segment-ranges.ts';
import { readCharacters, toShortPatterns } from './short-terms.ts';
import { roughText, searchText, type TextTest } from './text-index.ts';
import { parametersOf, toConditions, type TextPattern } from './text-patterns.ts';

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
/** What a hit takes to be read from the index. */
const hitMs = 0.03;
/** So many ids are read at once, at most: to read on is to ask the index for all of them again. */
const mostIds = 262_144;
/** Of statements that ask the index, together: in milliseconds, and as a part of the time that is left. */
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
 * The newest segment is asked first, alone, then twice as many each time: most pages of the newest tasks need no other.
 */
export class TextCandidates {
  /** What the index is asked for; undefined: not known yet. */
  #asked: TextPattern[][] | undefined;
  #segments = 1;
  /** For statements that ask the index. */
  #leftMs = 0;

  constructor(
    private readonly pool: pg.Pool,
    private readonly ranges: SegmentRanges,
    private readonly tests: readonly TextTest[],
    private readonly use: CandidateUse,
  ) {}

  /** See {@link IdSource}. */
  async read(below: number, limit: number): Promise<IdChunk | null> {
    if (!this.#asked) {
      const sample = await this.#takeSample();
      if (this.use.most === Infinity ? this.#takesTooLong(sample) : this.#isCommon(sample)) return null;
      const asked = await this.#toPatterns(this.#telling(sample));
      if (asked === null) return null;
      await this.ranges.refresh();
      this.#asked = asked;
      this.#leftMs = this.#mostIndexMs();
    }
    const most = Math.max(limit, Math.min(this.use.most, mostIds));
    const { others, from } = this.ranges.newestBelow(below, this.#segments);
    this.#segments *= 2;
    const ids = await this.#readIndex(this.#asked, below, others, most);
    return ids && (ids.length < most ? { ids, from } : toIdChunk(ids, most));
  }

  /** By what is written last. The limit comes first, so that no plan asks the index, which is what this is to avoid. */
  async #takeSample(): Promise<Sample> {
    const patterns = this.tests.map(({ pattern }) => [pattern]);
    const texts = `SELECT ${roughText} AS text FROM (SELECT * FROM tasks ORDER BY id DESC LIMIT ${sampleRows}) AS tasks OFFSET 0`;
    const tested = toConditions('text', patterns).map((condition, i) => `${condition} AS passes_${i}`);
    const passes = patterns.map((_, i) => `passes_${i}`);
    const countWhere = (condition: string): string => `count(*) FILTER (WHERE ${condition})`;
    const { rows } = await this.pool.query<Sample>(
      `SELECT count(*) AS tasks, ${countWhere(passes.join(' AND '))} AS hits,
         json_build_array(${passes.map(countWhere).join(', ')}) AS passing,
         (SELECT max(id) FROM tasks) - (SELECT min(id) FROM tasks) AS stored
       FROM (SELECT ${tested.join(', ')} FROM (${texts}) AS newest) AS tested`,
      parametersOf(patterns),
    );
    return rows[0]!;
  }

  #isCommon({ tasks, hits, stored }: Sample): boolean {
    if (this.tests.some(({ isVague }) => isVague)) return hits >= tasks * vagueHits;
    return hits >= Math.max(leastHits, tasks * Math.sqrt(rowsForPage / Math.max(stored, rowsForPage)));
  }

  /** Then the time is better spent on rows. */
  #takesTooLong({ tasks, hits, stored }: Sample): boolean {
    if (hits < leastHits || this.tests.some(({ isVague }) => isVague)) return false;
    return (hits / tasks) * stored * hitMs > this.#mostIndexMs();
  }

  #mostIndexMs(): number {
    const leftMs = this.use.stop.deadlineMs - performance.now();
    return Math.ceil(Math.max(Math.min(mostIndexMs, leftMs * mostIndexShare), 1));
  }

  /**
   * What most rows pass, as the name of an argument that all tasks have, is not asked of the index: it would only make of
   * every hit the text once more. Nor is, beside others, a short term that is not rare, with its many trigrams. Of short
   * numbers, which count up, the newest rows tell nothing.
   */
  #telling({ tasks, passing }: Sample): readonly TextTest[] {
    const telling = this.tests.filter(({ isVague, shortTerm }, i) =>
      shortTerm === null ? isVague || passing[i]! < tasks * mostPassing : passing[i]! < leastHits,
    );
    return telling.length > 0 ? telling : this.tests;
  }

  /** null: it cannot be asked. */
  async #toPatterns(tests: readonly TextTest[]): Promise<TextPattern[][] | null> {
    let known: readonly string[] | null = null;
    if (tests.some(({ shortTerm }) => shortTerm !== null)) {
      const { rows } = await this.pool.query<{ characters: string[] | null }>(readCharacters);
      known = rows[0]?.characters ?? null;
    }
    const patterns = tests.map(({ pattern, shortTerm }) => {
      if (shortTerm === null) return [pattern];
      return known && toShortPatterns(shortTerm, known);
    });
    const asked = patterns.filter((each) => each !== null);
    return asked.length > 0 ? asked : null;
  }

  /** null: it takes too long. */
  async #readIndex(
    asked: TextPattern[][],
    below: number,
    others: readonly number[],
    limit: number,
  ): Promise<number[] | null> {
    const patterns = parametersOf(asked);
    const [beneath, most, leftOut] = [1, 2, 3].map((i) => `$${patterns.length + i}`);
    if (this.#leftMs <= 0) return null;
    // Not by the order of ids, so that no plan goes through all rows in that order until there are enough.
    const text = `SELECT id FROM (SELECT id FROM tasks WHERE ${notIn(leftOut!)} AND indexed = 1
        AND ${toConditions(searchText, asked).join(' AND ')} AND id < ${beneath} OFFSET 0) AS found
      ORDER BY id DESC LIMIT ${most}`;
    const client = await this.pool.connect();
    const startedMs = performance.now();
    let broken: Error | undefined;
    try {
      await client.query(setLimit, [String(Math.ceil(this.#leftMs))]);
      const { rows } = await client.query<{ id: number }>(text, [...patterns, toId(below), limit, others]);
      return rows.map(({ id }) => id);
    } catch (error) {
      if ((error as { code?: string }).code !== queryCanceled) broken = error as Error;
      if (broken) throw broken;
      return null;
    } finally {
      this.#leftMs -= performance.now() - startedMs;
      if (!broken) await client.query(resetLimit).catch((error: Error) => (broken = error));
      client.release(broken);
    }
  }
}

const setLimit = `SELECT set_config('statement_timeout', $1, false)`;
const resetLimit = 'RESET statement_timeout';

const toId = (below: number): number => Math.min(below, Number.MAX_SAFE_INTEGER);
