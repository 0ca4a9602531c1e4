import type { Statement } from 'better-sqlite3';
import type { Database } from './database.ts';
import { toMatchOf, trigramsOf } from './text-index.ts';

/** With so few there is nothing to choose. */
const fewTrigrams = 6;
/** Rows in the middle of a segment that stand for all of it, once it has this many times as many. */
const sampleRows = 512;
const leastSamples = 32;
/** Microseconds: to look at a row that is no hit, and to pass over one task in the list of a trigram. */
const rowUs = 5;
const stepUs = 0.02;
/** Of a segment, 1 kB each at most: a term has some ten. */
const mostRemembered = 400;

/**
 * Which trigrams of a search to ask a segment's text index for. Every one asked for is a list that FTS5 reads to its end,
 * and those of `customer_id`, which all tasks have, rule out nothing: with them `kwargs:customer_id=236883` took ten times
 * as long as the number alone. What a choice may miss is only time: a hit is a candidate anyway.
 */
export class TrigramChoice {
  readonly #newestId: Statement<unknown[]>;
  readonly #sampled: Statement<unknown[]>;
  /** Which rows of the sample have a trigram; least recently asked for first. */
  readonly #known = new Map<string, ReadonlySet<number>>();
  #sampleFrom: number | null = null;

  constructor(db: Database) {
    this.#newestId = db.prepare<unknown[]>('SELECT max(id) FROM tasks').pluck();
    this.#sampled = db
      .prepare<unknown[]>('SELECT rowid FROM task_text WHERE task_text MATCH ? AND rowid >= ? AND rowid < ?')
      .pluck();
  }

  /** What FTS5 is asked for tasks whose text holds all terms; null when all of them are too short to be asked for. */
  choose(terms: readonly string[]): string | null {
    const trigrams = [...new Set(terms.flatMap(trigramsOf))];
    if (trigrams.length === 0) return null;
    return toMatchOf(trigrams.length > fewTrigrams && this.#hasSample() ? this.#worthAsking(trigrams) : trigrams);
  }

  /** The rarest, and each further one that spares more looks at rows than it costs to read. */
  #worthAsking(trigrams: readonly string[]): string[] {
    const [first, ...others] = trigrams
      .map((trigram) => ({ trigram, rows: this.#rowsWith(trigram) }))
      .sort((a, b) => a.rows.size - b.rows.size);
    const chosen = [first!.trigram];
    let left = first!.rows;
    for (const { trigram, rows } of others) {
      const both = new Set([...left].filter((row) => rows.has(row)));
      // Where none is left in the sample, one may be.
      const spared = Math.max(left.size, 1) - both.size;
      if (spared * rowUs <= rows.size * stepUs) continue;
      chosen.push(trigram);
      left = both;
    }
    return chosen;
  }

  #hasSample(): boolean {
    if (this.#sampleFrom !== null) return true;
    const newest = this.#newestId.get() as number | null;
    if (newest === null || newest < sampleRows * leastSamples) return false;
    this.#sampleFrom = Math.floor(newest / 2);
    return true;
  }

  #rowsWith(trigram: string): ReadonlySet<number> {
    const known = this.#known.get(trigram);
    const from = this.#sampleFrom!;
    const rows = known ?? new Set(this.#sampled.all(toMatchOf([trigram]), from, from + sampleRows) as number[]);
    this.#known.delete(trigram);
    this.#known.set(trigram, rows);
    if (this.#known.size > mostRemembered) this.#known.delete(this.#known.keys().next().value!);
    return rows;
  }
}
