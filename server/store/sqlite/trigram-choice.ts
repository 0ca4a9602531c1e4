import type { Statement } from 'better-sqlite3';
import { foldText, separator } from '../search-text.ts';
import type { Database } from './database.ts';
import { ShortTerms } from './short-terms.ts';
import type { SoughtText } from '../segment-data.ts';
import { toMatchOf, toMatchOfAny, trigramsOf } from './text-index.ts';

/** With so few there is nothing to choose; and more are not needed once hardly a row can be left. */
const fewTrigrams = 6;
/**
 * The first rows of a segment stand for all of it, once it has this many times as many: FTS5 reads only the beginning of a
 * list for them. (As an integer: of a bound that is a float, which better-sqlite3 makes of every number, FTS5 knows nothing.)
 */
const sampleRows = 512;
const leastSamples = 32;
/** Microseconds: to look at a row that is no hit, and to pass over one task in the list of a trigram. */
const rowUs = 5;
const stepUs = 0.02;
/** Of a segment, some kB each at most: a term has some ten. */
const mostRemembered = 400;

/**
 * Which trigrams of a search to ask a segment's text index for. Every one asked for is a list that FTS5 reads to its end,
 * and those of `customer_id`, which all tasks have, rule out nothing: with them `kwargs:customer_id=236883` took ten times
 * as long as the number alone. What a choice may miss is only time: a hit is a candidate anyway.
 */
export class TrigramChoice {
  readonly #newestId: Statement<unknown[]>;
  readonly #sampled: Statement<unknown[]>;
  /** Which rows of the sample match; least recently asked for first. */
  readonly #known = new Map<string, ReadonlySet<number>>();
  readonly #shortTerms: ShortTerms;
  #rows = 0;

  constructor(db: Database) {
    this.#shortTerms = new ShortTerms(db);
    this.#newestId = db.prepare<unknown[]>('SELECT max(id) FROM tasks').pluck();
    this.#sampled = db
      .prepare<unknown[]>('SELECT rowid FROM task_text WHERE task_text MATCH ? AND rowid <= CAST(? AS INTEGER)')
      .pluck();
  }

  /** What FTS5 is asked for tasks whose text holds all terms; null when all of them are too short to be asked for, of one character. */
  choose(terms: readonly SoughtText[]): string | null {
    const several = terms.filter((term) => typeof term !== 'string').flatMap((term) => this.#matchesOf(term));
    const single = terms.filter((term) => typeof term === 'string').flatMap((term) => this.#matchesOf(term));
    const matches = [...new Set([...several, ...single])];
    if (matches.length === 0) return null;
    const chosen = matches.length > fewTrigrams && this.#hasSample() ? this.#worthAsking(several, single) : matches;
    return chosen.join(' AND ');
  }

  /** Every text that is sought matches each: a trigram, or one of several. */
  #matchesOf(term: SoughtText): string[] {
    if (typeof term === 'string') {
      const characters = [...foldText(term)];
      if (characters.length !== 2) return trigramsOf(term).map((trigram) => toMatchOf([trigram]));
      const trigrams = this.#shortTerms.trigramsOf(characters.join(''));
      // An index without any trigram has none with these two either.
      return trigrams ? [toMatchOf(trigrams.length > 0 ? trigrams : [term + separator])] : [];
    }
    const trigrams = term.map(trigramsOf);
    return trigrams.some(({ length }) => length === 0) ? [] : [toMatchOfAny(trigrams)];
  }

  /**
   * The rarest, and each further one that spares more looks at rows than it costs to read. All those of several texts: what
   * is sought so is short, and of short numbers, which count up, the first rows of a segment tell nothing.
   */
  #worthAsking(several: readonly string[], single: readonly string[]): string[] {
    const sampled = [...new Set(single)]
      .map((match) => ({ match, rows: this.#rowsWith(match) }))
      .sort((a, b) => a.rows.size - b.rows.size);
    const chosen = [...several];
    if (several.length === 0) chosen.push(sampled[0]!.match);
    let left = several.length === 0 ? sampled.shift()!.rows : this.#rowsWith(several[0]!);
    let estimated = this.#rows * shareOf(left);
    for (const { match, rows } of sampled) {
      if (chosen.length >= fewTrigrams && estimated < 1) break;
      const both = new Set([...left].filter((row) => rows.has(row)));
      // Where none is left in the sample, one may be.
      const spared = Math.max(left.size, 1) - both.size;
      if (spared * rowUs <= rows.size * stepUs) continue;
      chosen.push(match);
      estimated *= shareOf(rows);
      left = both;
    }
    return chosen;
  }

  #hasSample(): boolean {
    if (this.#rows === 0) {
      const newest = (this.#newestId.get() as number | null) ?? 0;
      if (newest >= sampleRows * leastSamples) this.#rows = newest;
    }
    return this.#rows > 0;
  }

  #rowsWith(match: string): ReadonlySet<number> {
    const known = this.#known.get(match);
    const rows = known ?? new Set(this.#sampled.all(match, sampleRows) as number[]);
    this.#known.delete(match);
    this.#known.set(match, rows);
    if (this.#known.size > mostRemembered) this.#known.delete(this.#known.keys().next().value!);
    return rows;
  }
}

/** Of all rows; what none of the sample has, half a row may. */
const shareOf = (rows: ReadonlySet<number>): number => Math.max(rows.size, 0.5) / sampleRows;
