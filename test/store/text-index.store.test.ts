import Database from 'better-sqlite3';
import fc from 'fast-check';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openSegmentPlaces } from '../../server/store/open-store.ts';
import { foldText, toSearchText } from '../../server/store/search-text.ts';
import type { IdSource, SegmentData, SegmentPlaces, SoughtText } from '../../server/store/segment-data.ts';
import type { StoreReader, StoreWriter } from '../../server/store/store.ts';
import { taskColumns, toTask, type TaskRow } from '../../server/store/task-row.ts';
import { successOf, taskEvent, toBatch, uuidOf } from '../helpers/batches.ts';
import { breakCommits, mendCommits } from '../helpers/stored-columns.ts';
import { makeStore, onEveryEngine, type TestStore } from '../helpers/stores.ts';

const start = 1_700_000_000;
const heartbeat = (at: number) => ({
  type: 'worker-heartbeat',
  hostname: 'w1',
  timestamp: start + at,
  clock: 1,
  pid: 1,
});

/** All candidates are wanted, however long it takes. */
const use = { most: Infinity, stop: { deadlineMs: Infinity, isCancelled: () => false } };
/** More than any store here has. */
const mostTasks = 1000;

/** A store's text index, asked as a reader thread asks it. */
class TextSearch {
  private constructor(
    private readonly places: SegmentPlaces,
    private readonly store: TestStore,
  ) {}

  static async open(store: TestStore): Promise<TextSearch> {
    return new TextSearch(await openSegmentPlaces(store.db), store);
  }

  /** Whether the index can tell of a term. */
  canTell(term: string): Promise<boolean> {
    return this.places.use(this.#places()[0]!, async (data) => data.candidates([term], use) !== null);
  }

  /** Whether it does, as things are. */
  tells(term: string): Promise<boolean> {
    return this.places.use(this.#places()[0]!, async (data) => {
      const candidates = data.candidates([term], use);
      return candidates !== null && (await candidates(Infinity, mostTasks)) !== null;
    });
  }

  /** Tasks that the index proposes for a term, and those of them that have it, by id. */
  async search(term: string): Promise<{ proposed: string[]; found: string[] }> {
    const tasks = [];
    for (const place of this.#places()) tasks.push(...(await this.places.use(place, (data) => propose(data, [term]))));
    const found = tasks.filter((task) => toSearchText(task).includes(foldText(term)));
    return { proposed: tasks.map((task) => task.uuid).sort(), found: found.map((task) => task.uuid).sort() };
  }

  /** Ids of the tasks proposed for texts, in order. */
  async proposed(texts: readonly SoughtText[]): Promise<string[]> {
    const tasks = [];
    for (const place of this.#places()) tasks.push(...(await this.places.use(place, (data) => propose(data, texts))));
    return tasks.map((task) => task.uuid).sort();
  }

  async close(): Promise<void> {
    await this.places.close();
  }

  /** The files of SQLite's segments; Postgres is one place. */
  #places(): string[] {
    if (this.store.engine === 'postgres') return [this.store.db];
    const folder = join(this.store.db, 'segments');
    const files = readdirSync(folder).filter((name) => name.endsWith('.db'));
    return files.map((name) => join(folder, name));
  }
}

async function propose(data: SegmentData, texts: readonly SoughtText[]) {
  const candidates = data.candidates(texts, use);
  if (candidates === null) throw new Error(`No index can tell of ${JSON.stringify(texts)}`);
  const ids = [...(await readAll(candidates)), ...(await readAll(data.unindexed(texts)))];
  const rows = await data.rows(ids, taskColumns);
  return rows.map((row) => toTask(row as TaskRow));
}

/** Each in its turn, greatest first. */
async function readAll(source: IdSource): Promise<number[]> {
  const all: number[] = [];
  for (let below = Infinity; below > -Infinity;) {
    const { ids, from } = (await source(below, mostTasks))!;
    const inOrder = ids.every((id, i) => id < below && id >= from && (i === 0 || id < ids[i - 1]!));
    if (!inOrder) throw new Error(`Ids from ${from} to ${below} are ${ids.join()}`);
    all.push(...ids);
    below = from;
  }
  return all;
}

async function readIndexed(reader: StoreReader): Promise<number[]> {
  const indexed = [];
  for (const { db } of (await reader.segments()).reverse()) {
    const rows = await db.selectFrom('tasks').select('indexed').orderBy('id').execute();
    indexed.push(...rows.map((row) => row.indexed));
  }
  return indexed;
}

function* substringsOf(text: string, length: number): Iterable<string> {
  for (let at = 0; at + length <= text.length; at++) yield text.slice(at, at + length);
}

onEveryEngine((engine) => {
  let store: TestStore;
  let writer: StoreWriter;
  let reader: StoreReader;
  let index: TextSearch;
  let now: number;

  const open = () => store.openWriter({ segmentTasks: 10, now: () => now });
  const reopen = async (): Promise<void> => {
    await writer.close();
    writer = await open();
  };
  const received = (n: number, fields: object = {}) =>
    taskEvent('received', uuidOf(n), n, { name: 'shop.charge', args: `('argument-${n}',)`, kwargs: '{}', ...fields });
  /** Time goes by, and with it the workers' heartbeats. */
  const pass = async (seconds: number, step = 10): Promise<void> => {
    for (const end = now + seconds; now < end;) {
      now += step;
      await writer.write(toBatch([heartbeat(now - start)]));
    }
  };

  beforeEach(async () => {
    now = start;
    store = await makeStore(engine);
    writer = await open();
    reader = await store.openReader();
    index = await TextSearch.open(store);
  });

  afterEach(async () => {
    await index.close();
    await reader.close();
    await writer.close();
    await store.remove();
  });

  it('finds a task by any three characters and more of its texts and its id, once it has ended', async () => {
    const uuid = 'c0ffee12-3456-4789-abcd-ef0123456789';
    const texts = { args: "('Öl für 7', 12)", kwargs: "{'note': 'a b'}", result: '"done" ✓ 完了しました' };
    const failure = { exception: "KeyError('höhe')", traceback: 'Traceback:\n  File "x.py", line 7\nKeyError' };
    await writer.write(
      toBatch([
        taskEvent('received', uuid, 0, { name: 'shop.charge', ...texts }),
        taskEvent('succeeded', uuid, 1, { result: texts.result, runtime: 1 }),
        taskEvent('failed', uuid, 2, failure),
        ...successOf(uuidOf(1), 3),
      ]),
    );
    expect(await readIndexed(reader)).toEqual([1, 1]);
    for (const text of [uuid, ...Object.values(texts), ...Object.values(failure)]) {
      for (const term of [text, text.toUpperCase(), ...substringsOf(text, 3), ...substringsOf(text, 9)]) {
        expect((await index.search(term)).found, term).toContain(uuid);
      }
    }
    expect((await index.search('no such text')).proposed).toEqual([]);
  });

  it('proposes tasks with one of several texts', async () => {
    const numbers = ['7', '70', '-7', "'7'", '[7]', '1.7', '7e5'];
    const events = numbers.flatMap((number, n) => successOf(uuidOf(n), n, { kwargs: `{'n': ${number}}` }));
    await writer.write(toBatch(events));
    const places = [' 7,', ' 7}', "'7'", '[7]'];
    expect(await index.proposed([['no such text', ...places]])).toEqual([0, 3, 4].map(uuidOf));
    expect(await index.proposed([["'n'"], places])).toEqual([0, 3, 4].map(uuidOf));
    expect(await index.proposed([places, '1.7'])).toEqual([]);
  });

  it('does not say of fewer than two characters, nor, on Postgres, of two that no word or no short set has', async () => {
    const one = ['', 'a', '完', '👍', 'i\u0307'];
    const two = ['ab', '-7', 'öl', 'я!', 'i\u0307i'];
    const others = ['完了', '👍👍', "('", 'a完'];
    for (const term of one) expect(await index.canTell(term), term).toBe(false);
    for (const term of two) expect(await index.canTell(term), term).toBe(true);
    for (const term of others) expect(await index.canTell(term), term).toBe(engine === 'sqlite');
    for (const term of ['👍👍👍', ...others.map((each) => each + each)]) expect(await index.canTell(term)).toBe(true);
  });

  it('finds a task by two characters of its text, wherever in it they stand, and whatever stands before them', async () => {
    const texts = ["('Öl 完了',)", "{'note': 'a👍👍b', 'more': '完fl'}", 'x', 'ЩИ да КАША – 7% …nb', 'ſK'];
    for (const [n, args] of texts.entries()) await writer.write(toBatch(successOf(uuidOf(n), n, { args })));
    await writer.write(toBatch([taskEvent('revoked', 'QZ', 9)]));
    for (const [n, text] of texts.entries()) {
      const characters = [...text];
      for (let at = 1; at < characters.length; at++) {
        const term = characters[at - 1]! + characters[at]!;
        if (await index.canTell(term)) expect((await index.search(term)).found, term).toContain(uuidOf(n));
      }
    }
    for (const term of ['qz', 'QZ']) expect((await index.search(term)).proposed).toEqual(['QZ']);
    for (const term of ['zq', 'lö', 'щк', '-q']) expect((await index.search(term)).proposed, term).toEqual([]);
  });

  it('finds by two characters what comes late, after a restart and a commit that failed, with what is new before them', async () => {
    const ending = (n: number, result: string) => taskEvent('succeeded', uuidOf(n), n, { result, runtime: 1 });
    const found = async (term: string) => (await index.search(term)).found;
    await writer.write(toBatch([ending(1, "'ärgö'"), ending(2, "'ö'")]));
    await reopen();
    await breakCommits(store);
    await expect(writer.write(toBatch([ending(30, "'éwk'")]))).rejects.toThrow('no more room');
    await mendCommits(store);
    await writer.write(toBatch([ending(30, "'éwk'")]));
    expect(await found('wk')).toEqual([uuidOf(30)]);
    await writer.write(toBatch(Array.from({ length: 12 }, (_, n) => ending(n + 10, "'ö'"))));
    // Into a segment that is not the current one any more.
    await writer.write(toBatch([ending(22, "'o'")]));
    await writer.write(
      toBatch([taskEvent('received', uuidOf(1), 1, { name: 'shop.charge', kwargs: "{'n': '—шwk'}" })]),
    );
    expect(await found('wk')).toEqual([uuidOf(1), uuidOf(30)]);
    expect(await found('шw')).toEqual([uuidOf(1)]);
  });

  it('proposes tasks that have not ended, and indexes each when it ends', async () => {
    await writer.write(toBatch([received(1), received(2)]));
    expect(await readIndexed(reader)).toEqual([0, 0]);
    expect((await index.search('argument-2')).found).toEqual([uuidOf(2)]);
    await writer.write(toBatch([taskEvent('revoked', uuidOf(1), 5), taskEvent('started', uuidOf(2), 5)]));
    expect(await readIndexed(reader)).toEqual([1, 0]);
    expect((await index.search('argument-1')).found).toEqual([uuidOf(1)]);
    // SQLite looks at the text of those that are not indexed; Postgres leaves that to whoever asks.
    expect((await index.search('argument-9')).proposed).toEqual(engine === 'sqlite' ? [] : [uuidOf(2)]);
    expect((await index.search('ARGUMENT-2')).found).toEqual([uuidOf(2)]);
  });

  it('follows a text that changes after its task has ended', async () => {
    const ending = (result: string, at: number) => taskEvent('succeeded', uuidOf(1), at, { result, runtime: 1 });
    await writer.write(toBatch([ending("'first result'", 1)]));
    await writer.write(toBatch([received(1, { kwargs: "{'late': 'kwargs'}" })]));
    await writer.write(toBatch([ending("'second result'", 9)]));
    expect(await readIndexed(reader)).toEqual([1]);
    for (const term of ['late', 'argument-1', 'second result']) {
      expect((await index.search(term)).found, term).toEqual([uuidOf(1)]);
    }
    expect((await index.search('first')).proposed).toEqual([]);
  });

  it('indexes a task that does not end, and again when it changes', async () => {
    await writer.write(toBatch([received(1)]));
    await pass(20);
    expect(await readIndexed(reader)).toEqual([0]);
    await pass(30);
    expect(await readIndexed(reader)).toEqual([1]);
    expect((await index.search('argument-1')).found).toEqual([uuidOf(1)]);
    expect((await index.search('something else')).proposed).toEqual([]);

    await writer.write(
      toBatch([taskEvent('retried', uuidOf(1), 60, { exception: 'OSError()', traceback: 'trace 1' })]),
    );
    expect((await index.search('oserror')).found).toEqual([uuidOf(1)]);
    await pass(10);
    expect(await readIndexed(reader)).toEqual([1]);
    expect((await index.search('oserror')).found).toEqual([uuidOf(1)]);

    await writer.write(
      toBatch([taskEvent('failed', uuidOf(1), 80, { exception: 'ValueError()', traceback: 'trace 2' })]),
    );
    expect(await readIndexed(reader)).toEqual([1]);
    expect((await index.search('valueerror')).found).toEqual([uuidOf(1)]);
    expect((await index.search('oserror')).proposed).toEqual([]);
  });

  it('indexes what was open before a restart, in sealed segments too, and no two segments mix their tasks up', async () => {
    for (let from = 0; from < 30; from += 10) {
      await writer.write(toBatch(Array.from({ length: 10 }, (_, i) => received(from + i))));
    }
    await writer.write(toBatch([...successOf(uuidOf(100), 40), received(30)]));
    await reopen();
    await pass(80);
    expect((await reader.totals()).segments).toBe(4);
    expect(new Set(await readIndexed(reader))).toEqual(new Set([1]));
    for (const n of [3, 13, 23, 30]) {
      expect((await index.search(`argument-${n}'`)).proposed).toEqual([uuidOf(n)]);
    }
    await writer.write(toBatch([taskEvent('retried', uuidOf(3), 200, { exception: 'late news' })]));
    await pass(10);
    expect(new Set(await readIndexed(reader))).toEqual(new Set([1]));
    expect((await index.search('late news')).proposed).toEqual([uuidOf(3)]);
  });

  it('indexes what waits a part at a time, however many tasks there are', async () => {
    await writer.write(toBatch(Array.from({ length: 500 }, (_, n) => received(n))));
    const indexed = async () => (await readIndexed(reader)).filter((value) => value === 1).length;
    const seen: number[] = [];
    for (let i = 0; i < 7; i++) {
      await pass(10);
      seen.push(await indexed());
    }
    expect(seen).toContain(200);
    expect(seen.at(-1)).toBe(500);
  });

  it('proposes every task whose text has the term, whatever text it is', async () => {
    const odd = fc.constantFrom(
      ...['İ', 'ı', 'ß', 'ẞ', 'Σ', 'ς', 'ΟΔΟΣ', 'Å', 'i\u0307', 'ﬁ', 'ǅ', '👍', '👩‍👩‍👧', '完了', 'ไทย', 'ÖL'],
      ...[
        '"',
        "'",
        '%',
        '_',
        '\\',
        '*',
        '^',
        '\x1f',
        '\n',
        '\t',
        '\u2028',
        '\ufffe',
        '\0',
        '\ud83d',
        ' AND ',
        '--',
        'Ab',
      ],
    );
    const text = fc.array(fc.oneof(odd, fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 12 });
    const sample = fc.record({
      args: text.map((parts) => parts.join('')),
      result: text.map((parts) => parts.join('')),
      from: fc.nat(20),
      length: fc.integer({ min: 3, max: 30 }),
      upper: fc.boolean(),
    });
    const samples = fc.sample(sample, { numRuns: 300, seed: 4711 });
    const events = samples.flatMap(({ args, result }, n) => [
      received(n, { args }),
      taskEvent('succeeded', uuidOf(n), n, { result, runtime: 1 }),
    ]);
    await writer.write(toBatch(events));
    const all = [];
    for (const { db } of await reader.segments()) {
      all.push(...(await db.selectFrom('tasks').select(taskColumns).execute()).map(toTask));
    }
    let asked = 0;
    for (const { args, result, from, length, upper } of samples) {
      const part = [...(args.length > from + 2 ? args : result)].slice(from, from + length).join('');
      const term = upper ? part.toUpperCase() : part;
      if (!(await index.tells(term))) continue;
      asked++;
      const having = all.filter((task) => toSearchText(task).includes(foldText(term)));
      expect((await index.search(term)).found, JSON.stringify(term)).toEqual(having.map((task) => task.uuid).sort());
    }
    expect(asked).toBeGreaterThan(100);
  });

  it('takes a term as text, never as a query of its own', async () => {
    const terms = [
      '" OR "a',
      "' OR 1=1 --",
      "'; DROP TABLE tasks; --",
      '%%%',
      '___',
      'a%b',
      '\\\\\\',
      '\\%_',
      'NEAR(abc)',
    ];
    terms.push('text:abc', '^abc', 'abc*', 'a NOT b', '"""', "'''", '?1 ?2', '$1$2', '{abc}');
    const events = terms.flatMap((term, n) => [received(n, { args: term }), taskEvent('revoked', uuidOf(n), n)]);
    await writer.write(toBatch([...events, ...successOf(uuidOf(99), 0)]));
    for (const [n, term] of terms.entries()) {
      expect((await index.search(term)).found, term).toContain(uuidOf(n));
      expect((await index.search(term)).found, term).not.toContain(uuidOf(99));
    }
  });

  it('takes text that an engine could not hold, and any text as an id', async () => {
    const ids = ['daily-report', 'nul\0in it', 'x'.repeat(15), 'half \ud83d surrogate', 'İSTANBUL', '00'.repeat(9)];
    const args = 'nul \0 byte, half \udc00 surrogate';
    await writer.write(toBatch(ids.flatMap((id) => successOf(id, 0, { args }))));
    expect(new Set(await readIndexed(reader))).toEqual(new Set([1]));
    for (const term of [args, 'nul \0', 'half \udc00', '\u2400 byte']) {
      expect((await index.search(term)).found.length, term).toBe(ids.length);
    }
    for (const id of ids) expect((await index.search(id)).found.length, id).toBeGreaterThan(0);
    expect((await index.search('istanbul')).found).toEqual(['İSTANBUL']);
  });
});

describe('on sqlite alone', () => {
  let store: TestStore;
  let writer: StoreWriter;
  let segment: Database.Database;

  beforeEach(async () => {
    store = await makeStore('sqlite');
    writer = await store.openWriter();
    segment = new Database(join(store.db, 'segments', '000001.db'));
  });

  afterEach(async () => {
    segment.close();
    await writer.close();
    await store.remove();
  });

  it('indexes a task with its row or not at all: what could not be written is written at the next try', async () => {
    segment.exec('BEGIN IMMEDIATE');
    const batch = toBatch(successOf(uuidOf(1), 0));
    await expect(writer.write(batch)).rejects.toMatchObject({ code: 'SQLITE_BUSY' });
    segment.exec('ROLLBACK');
    expect(segment.prepare('SELECT count(*) FROM task_text_docsize').pluck().get()).toBe(0);
    await writer.write(batch);
    expect(segment.prepare('SELECT id FROM task_text_docsize').pluck().all()).toEqual([1]);
    expect(segment.prepare('SELECT indexed FROM tasks').pluck().all()).toEqual([1]);
  });

  it('answers by its indexes, without reading all tasks', async () => {
    const index = await TextSearch.open(store);
    const prepare = vi.spyOn(Database.prototype, 'prepare');
    await index.search('some term');
    const asked = prepare.mock.calls.map(([sql]) => sql).filter((sql) => /ORDER BY (row)?id DESC/.test(sql));
    prepare.mockRestore();
    await index.close();
    const steps = asked.map((sql) => {
      const marks = Array.from(sql.matchAll(/\?/g), () => '1');
      const plan = segment.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...marks) as { detail: string }[];
      return plan.map(({ detail }) => detail).join('\n');
    });
    expect(steps).toEqual([
      expect.stringMatching(/^SCAN task_text VIRTUAL TABLE INDEX [^\n]*$/),
      expect.stringMatching(/SEARCH tasks USING INDEX tasks_unindexed/),
    ]);
  });
});

describe('on postgres alone', () => {
  let store: TestStore;

  beforeEach(async () => {
    store = await makeStore('postgres');
  });

  afterEach(() => store.remove());

  const admin = async (...statements: string[]): Promise<pg.QueryResult | undefined> => {
    const client = new pg.Client({ connectionString: store.db });
    await client.connect();
    let result;
    for (const statement of statements) result = await client.query(statement);
    await client.end();
    return result;
  };

  it('answers by its indexes, in every partition', async () => {
    const writer = await store.openWriter({ segmentTasks: 1 });
    for (let n = 0; n < 3; n++) await writer.write(toBatch(successOf(uuidOf(n), n)));
    const index = await TextSearch.open(store);
    const query = vi.spyOn(pg.Client.prototype, 'query');
    await index.search('some term');
    const asked = query.mock.calls.find(([sql]) => typeof sql === 'string' && sql.includes('search_text'));
    query.mockRestore();
    await index.close();
    const explain = String(asked![0])
      .replace('$1', "'%some term%'")
      .replace(' AND id < $2', '')
      .replace('$3', '1000')
      .replace('$4', "'{}'");
    const plan = await admin('SET search_path TO herbarium', 'SET enable_seqscan TO off', `EXPLAIN ${explain}`);
    const steps = JSON.stringify(plan?.rows);
    for (const index of ['tasks_1_search_text_idx', 'tasks_3_search_text_idx']) expect(steps).toContain(index);
    expect(steps).not.toContain('Seq Scan');
    await writer.close();
  });

  it('takes what several processes write at once, and leaves texts in thousands of signs to whoever asks', async () => {
    const writers = [await store.openWriter(), await store.openWriter()];
    const index = await TextSearch.open(store);
    for (const [n, first] of [...'éшäяøğ–'].entries()) {
      const events = [0, 1].map((i) => successOf(uuidOf(2 * n + i), n, { args: `'${first}${i === 0 ? 'wk' : 'wq'}'` }));
      await Promise.all(writers.map((writer, i) => writer.write(toBatch(events[i]!))));
    }
    expect((await index.search('wk')).found).toEqual([0, 2, 4, 6, 8, 10, 12].map(uuidOf).sort());
    expect((await index.search('wq')).found).toEqual([1, 3, 5, 7, 9, 11, 13].map(uuidOf).sort());
    const signs = Array.from({ length: 400 }, (_, n) => String.fromCharCode(0x4e00 + n)).join('');
    await writers[0]!.write(toBatch(successOf(uuidOf(20), 20, { args: signs })));
    expect(await index.tells('wk')).toBe(false);
    expect(await index.tells('wk wk')).toBe(true);
    await index.close();
    for (const writer of writers) await writer.close();
  });

  it('tells nothing of two characters while a segment is there that an older program wrote', async () => {
    const writer = await store.openWriter();
    await writer.write(toBatch(successOf(uuidOf(1), 1, { args: "'éwk'" })));
    const index = await TextSearch.open(store);
    expect((await index.search('wk')).found).toEqual([uuidOf(1)]);
    await admin('UPDATE herbarium.segments SET schema = 1');
    expect(await index.tells('wk')).toBe(false);
    await index.close();
    await writer.close();
  });

  it('goes on without an index where the extension may not be made, says so, and makes it up when it may', async () => {
    await admin(
      `CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not for you'; END $$`,
      `CREATE EVENT TRIGGER refusal ON ddl_command_start WHEN TAG IN ('CREATE EXTENSION') EXECUTE FUNCTION refuse()`,
    );
    let now = start;
    const open = () => store.openWriter({ now: () => now });

    let writer = await open();
    expect(writer.notices).toEqual([expect.stringMatching(/not for you.*CREATE EXTENSION pg_trgm/)]);
    await writer.write(toBatch(successOf(uuidOf(1), 0)));
    await writer.close();
    const reader = await store.openReader();
    const index = await TextSearch.open(store);
    expect((await index.search('done')).found).toEqual([uuidOf(1)]);
    expect(await readIndexed(reader)).toEqual([0]);

    await admin('DROP EVENT TRIGGER refusal');
    writer = await open();
    expect(writer.notices).toEqual([]);
    await writer.write(toBatch([heartbeat(0)]));
    now += 40;
    await writer.write(toBatch(successOf(uuidOf(2), 40)));
    expect(await readIndexed(reader)).toEqual([1, 1]);
    expect((await index.search('done')).found).toEqual([uuidOf(1), uuidOf(2)]);
    await index.close();
    await reader.close();
    await writer.close();
  });
});
