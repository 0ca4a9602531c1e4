import type { Statement } from 'better-sqlite3';
import { fromIdKey } from '../id-key.ts';
import { foldText, searchedFields, separator, toSearchText, type SearchedFields } from '../search-text.ts';
import type { Database } from './database.ts';

/**
 * The text index of one segment: FTS5, trigrams, without text or positions, so that a hit is a candidate to be looked at.
 *
 * In: ids of tasks and their text, in any order. Out: the index, in the caller's transaction, together with the rows'
 * `indexed`. It costs 14 µs (3.5 an event) and 200 bytes a task of 260 characters, when each transaction writes in the
 * order of ids; in any other order FTS5 empties its buffer at every step back, and a task costs 67 µs. A column a field
 * instead of one for all saves 5 bytes, but no time; a query has no use for them, as it looks at the row anyway.
 */
export class TextIndex {
  readonly #statements: ReturnType<typeof prepare>;
  readonly #texts = new Map<number, string>();

  constructor(db: Database) {
    this.#statements = prepare(db);
  }

  /** The whole text of a task, instead of what the index may have of it. Its row says `indexed` when this is written. */
  add(id: number, text: string): void {
    this.#texts.set(id, text);
  }

  /**
   * Adds tasks that are not indexed, up to `newestId`, at most `limit` of them; of the rows as they are now.
   * @returns whether some may be left
   */
  addWaiting(newestId: number, limit: number): boolean {
    const waiting = this.#statements.waiting.all(newestId, limit) as { id: number }[];
    let characters = 0;
    for (const { id } of waiting) {
      const row = this.#statements.text.get(id) as TextRow;
      const text = toSearchText({ ...row, uuid: fromIdKey(row.uuid) });
      this.add(id, text);
      this.#statements.setIndexed.run(id);
      characters += text.length;
      if (characters > mostWaitingCharacters) return true;
    }
    return waiting.length === limit;
  }

  /** Writes what was added. */
  write(): void {
    for (const id of [...this.#texts.keys()].sort((a, b) => a - b)) {
      // Of a text that is shorter there would be no trigram.
      this.#statements.add.run(id, this.#texts.get(id)!.padEnd(3, separator));
    }
    this.#texts.clear();
  }

  /** After a rollback. */
  forget(): void {
    this.#texts.clear();
  }
}

/** Some 0.5 s of indexing: what waits must not hold up what comes. */
const mostWaitingCharacters = 8 * 1024 * 1024;

type TextRow = Omit<SearchedFields, 'uuid'> & { uuid: Buffer };

function prepare(db: Database): Record<'add' | 'waiting' | 'text' | 'setIndexed', Statement<unknown[]>> {
  return {
    // To replace costs no more than to insert: FTS5 looks at its list of documents in either case.
    add: db.prepare('INSERT OR REPLACE INTO task_text (rowid, text) VALUES (?, ?)'),
    waiting: db.prepare('SELECT id FROM tasks WHERE indexed = 0 AND id <= ? ORDER BY id LIMIT ?'),
    text: db.prepare(`SELECT uuid, ${searchedFields.join(', ')} FROM tasks WHERE id = ?`),
    setIndexed: db.prepare('UPDATE tasks SET indexed = 1 WHERE id = ?'),
  };
}

/** Beyond this many trigrams a query only gets slower: so many of a long term, spread evenly, find it as well. */
const mostTrigrams = 24;

/** Parts of every text that holds `term`, folded or not, to ask FTS5 for; none when it is too short to be asked for. */
export function trigramsOf(term: string): string[] {
  const characters = [...foldText(term)];
  const count = characters.length - 2;
  if (count < 1) return [];
  const asked = Math.min(count, mostTrigrams);
  const trigrams = new Set<string>();
  for (let i = 0; i < asked; i++) {
    const at = asked === 1 ? 0 : Math.round((i * (count - 1)) / (asked - 1));
    trigrams.add(characters.slice(at, at + 3).join(''));
  }
  return [...trigrams];
}

/** What FTS5 is asked for tasks whose text has one of these. */
export function toMatchOf(trigrams: readonly string[]): string {
  return toMatchOfAny(trigrams.map((trigram) => [trigram]));
}

/** What FTS5 is asked for tasks whose text has all trigrams of one of these. */
export function toMatchOfAny(several: readonly (readonly string[])[]): string {
  const matches = several.map((trigrams) => join(trigrams.map(quote), ' AND '));
  return join([...new Set(matches)], ' OR ');
}

const join = (matches: readonly string[], operator: string): string =>
  matches.length === 1 ? matches[0]! : `(${matches.join(operator)})`;

const quote = (trigram: string): string => `"${trigram.replaceAll('"', '""')}"`;
