import type pg from 'pg';
import type { Task } from '../../domain/task.ts';
import { IdAges } from '../id-ages.ts';
import { foldText, hasEnded, searchedFields } from '../search-text.ts';
import type { SoughtText } from '../segment-data.ts';
import { schema } from './pool.ts';
import { statements } from './statements.ts';

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

/** The same, roughly, at a tenth of the cost a row: letters of ASCII only in lower case. */
export const roughText = `lower((${searchedFields.map((column) => `coalesce(tasks.${column}, '')`).join(' || ')}) COLLATE "C")`;

/** A test of a text that pg_trgm's index knows how to answer. */
export interface TextTest {
  operator: 'LIKE' | '~';
  parameter: string;
  /** Whether it is for one of several texts, short ones, so that most of what passes is no hit. */
  isVague: boolean;
}

/** What the text of tasks has to pass to hold terms, see {@link SegmentData.candidates}; null: the index cannot tell. */
export function toTextTests(terms: readonly SoughtText[]): TextTest[] | null {
  const tests = terms
    .map((term) => (typeof term === 'string' ? toPattern(term) : toExpression(term)))
    .filter((test) => test !== null);
  return tests.length > 0 ? tests : null;
}

/** Whether a text passes all of them; their parameters from $1 on. */
export function toCondition(text: string, tests: readonly TextTest[]): string {
  return tests.map((test, i) => toTestSql(text, test, i)).join(' AND ');
}

export const toTestSql = (text: string, { operator }: TextTest, i: number): string => `${text} ${operator} $${i + 1}`;

/** No other id begins like it: each further trigram would be a list of thousands of ids more to read. */
const uuidBeginning = /^[0-9a-f]{8}-[0-9a-f]{4}(?=-[0-9a-f]{4}-)/;

function toPattern(term: string): TextTest | null {
  const folded = uuidBeginning.exec(foldText(term))?.[0] ?? foldText(term);
  if ([...folded].length < 3) return null;
  return { operator: 'LIKE', parameter: `%${folded.replace(/[\\%_]/g, '\\$&')}%`, isVague: false };
}

/** One expression, for the text is made anew for each test of a row. */
function toExpression(terms: readonly string[]): TextTest {
  const escaped = terms.map((term) => foldText(term).replace(/[^\p{L}\p{N}_]/gu, '\\$&'));
  return { operator: '~', parameter: escaped.join('|'), isVague: true };
}
