import type pg from 'pg';
import type { Task } from '../../domain/task.ts';
import { IdAges } from '../id-ages.ts';
import { foldText, hasEnded, searchedFields } from '../search-text.ts';
import type { SoughtText } from '../segment-data.ts';
import { schema } from './pool.ts';
import { isShortTerm } from './short-terms.ts';
import { statements } from './statements.ts';
import { toHolding, toHoldingOne, type TextPattern } from './text-patterns.ts';

/**
 * The text index of Postgres: pg_trgm's GIN over `search_text(…)` (see migrations/postgres), of rows that are `indexed`.
 * Rows are not, until their task has ended or has been open for a while, for a row that changes is a new one to Postgres:
 * at 2,000 tasks/s in flushes of 0.5 s that costs its server 56 µs and 485 bytes a task on top of 81 µs, and 127 µs and
 * 708 bytes if all rows were indexed at once. Without `fastupdate` (on by default) it would cost 437 µs.
 */

export class TextIndex {
  readonly #ages = new IdAges();

  /** Where it is missing, no row says that it is in it, so that it can be made later, and filled little by little. */
  constructor(private readonly isThere: boolean) {}

  /** Of a row that is written; once 1, always 1: when such a row changes, Postgres sees to its index itself. */
  readonly indexedOf = (task: Task): 0 | 1 => (this.isThere && hasEnded(task) ? 1 : 0);

  /** Indexes tasks that have been open for long. In a batch's transaction and under its lock. */
  async indexWaiting(client: pg.ClientBase, tasksInBatch: number, now: number): Promise<void> {
    if (!this.isThere) return;
    const { rows } = await client.query<{ id: number }>(statements.newestTask);
    this.#ages.note(rows[0]!.id, now);
    const oldUpTo = this.#ages.oldUpTo(now);
    if (oldUpTo > 0) await client.query(statements.indexWaiting, [oldUpTo, leastPerBatch + tasksInBatch]);
  }
}

/** So many waiting tasks a batch, and as many as it has tasks of its own: those that wait can never grow more and more. */
const leastPerBatch = 200;

const columns = ['uuid', ...searchedFields];

/**
 * Makes the index where it is missing; new partitions get theirs with `LIKE`. The extension goes where everybody looks
 * for it, as an application in the same database may want it too; where that may not be, into our own schema.
 * @returns null, or why there is none: searches then read every row
 */
export async function makeTextIndex(client: pg.ClientBase): Promise<string | null> {
  try {
    const { rows } = await client.query<{ index: string | null }>(
      `SELECT to_regclass('${schema}.tasks_text') AS index`,
    );
    if (rows[0]?.index) return null;
    const extensionSchema = (await findExtension(client)) ?? (await createExtension(client));
    await client.query(
      `CREATE INDEX tasks_text ON tasks USING gin (
         search_text(${columns.join(', ')}) ${quoteName(extensionSchema)}.gin_trgm_ops
       ) WHERE indexed = 1`,
    );
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

async function findExtension(client: pg.ClientBase): Promise<string | undefined> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT nspname AS name FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
     WHERE extname = 'pg_trgm'`,
  );
  return rows[0]?.name;
}

async function createExtension(client: pg.ClientBase): Promise<string> {
  try {
    await client.query('CREATE EXTENSION pg_trgm SCHEMA public');
    return 'public';
  } catch {
    await client.query(`CREATE EXTENSION pg_trgm SCHEMA ${schema}`);
    return schema;
  }
}

const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** The text of a row of `tasks`, as the index has it. */
export const searchText = `search_text(${columns.map((column) => `tasks.${column}`).join(', ')})`;

/** The same, roughly, at a tenth of the cost a row: letters of ASCII only in lower case, ids without what parts them. */
export const roughText = `lower((encode(tasks.uuid, 'hex') || ${searchedFields.map((column) => `coalesce(tasks.${column}, '')`).join(' || ')}) COLLATE "C")`;

/** What a text has to pass. */
export interface TextTest {
  pattern: TextPattern;
  /** Whether it is for one of several texts, short ones, so that most of what passes is no hit. */
  isVague: boolean;
  /** Of two characters, for which the index is asked in another way: see `short-terms.ts`. */
  shortTerm: string | null;
}

/** What the text of tasks has to pass to hold terms, see {@link SegmentData.candidates}; null: the index cannot tell. */
export function toTextTests(terms: readonly SoughtText[]): TextTest[] | null {
  const tests = terms
    .map((term) => (typeof term === 'string' ? toTest(term) : toTestOfAny(term)))
    .filter((test) => test !== null);
  return tests.length > 0 ? tests : null;
}

/** No other id begins like it: each further trigram would be a list of thousands of ids more to read. */
const uuidBeginning = /^[0-9a-f]{8}-[0-9a-f]{4}(?=-[0-9a-f]{4}-)/;

function toTest(term: string): TextTest | null {
  const folded = uuidBeginning.exec(foldText(term))?.[0] ?? foldText(term);
  const shortTerm = isShortTerm(folded) ? folded : null;
  if (shortTerm === null && [...folded].length < 3) return null;
  return { pattern: toHolding(folded), isVague: false, shortTerm };
}

const toTestOfAny = (terms: readonly string[]): TextTest => ({
  pattern: toHoldingOne(terms.map(foldText)),
  isVague: true,
  shortTerm: null,
});
