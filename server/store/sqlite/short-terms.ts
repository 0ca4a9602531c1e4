import type { Statement } from 'better-sqlite3';
import type { Database } from './database.ts';

/** Beyond so many, as of a language written in thousands of signs, it is quicker to look at the rows. */
const mostCharacters = 300;

/**
 * With these, two characters that none of ten million tasks has are looked for in 40 ms; row by row it took more than 5 s.
 * They are the trigrams in which a segment's text index may have two characters: every place where they stand is the end of a
 * trigram, whatever stands before them, or the beginning of a text, and so of a trigram. What stands before anything in
 * this segment is read from the index itself, a step of 20 µs for each character.
 */
export class ShortTerms {
  #from: Statement<unknown[]> | undefined;
  /** As of the file at `#version`. */
  #characters: string[] = [];
  #version: unknown;

  constructor(private readonly db: Database) {}

  /** One of these is in every text with `term`, of two characters; null: it could be too many. */
  trigramsOf(term: string): string[] | null {
    const before = this.#firstCharacters();
    if (before.length > mostCharacters) return null;
    return [...before.map((character) => character + term), ...this.#after(term).map((character) => term + character)];
  }

  #firstCharacters(): readonly string[] {
    const version = this.db.pragma('data_version', { simple: true });
    if (this.#version !== version) this.#characters = this.#after('');
    this.#version = version;
    return this.#characters;
  }

  /** What follows a beginning of trigrams, in order; a little more than {@link mostCharacters} at most. */
  #after(beginning: string): string[] {
    const characters: string[] = [];
    for (let from = beginning; characters.length <= mostCharacters;) {
      const trigram = this.#next(from);
      if (!trigram?.startsWith(beginning)) break;
      const codePoint = trigram.codePointAt(beginning.length)!;
      characters.push(String.fromCodePoint(codePoint));
      const next = codePoint + 1 === firstSurrogate ? lastSurrogate + 1 : codePoint + 1;
      if (next > lastCodePoint) break;
      from = beginning + String.fromCodePoint(next);
    }
    return characters;
  }

  #next(from: string): string | undefined {
    this.#from ??= this.#prepare();
    return this.#from.get(from) as string | undefined;
  }

  #prepare(): Statement<unknown[]> {
    const isReadOnly = this.db.pragma('query_only', { simple: true });
    this.db.pragma('query_only = 0');
    // Each place of each trigram, so that the next one is found without counting them.
    this.db.exec('CREATE VIRTUAL TABLE temp.task_trigrams USING fts5vocab(main, task_text, instance)');
    this.db.pragma(`query_only = ${String(isReadOnly)}`);
    return this.db.prepare<unknown[]>('SELECT term FROM temp.task_trigrams WHERE term >= ? LIMIT 1').pluck();
  }
}

const firstSurrogate = 0xd800;
const lastSurrogate = 0xdfff;
const lastCodePoint = 0x10ffff;
