import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reduceTask, type Task } from '../../server/domain/task.ts';
import type { Condition } from '../../server/language/query.ts';
import type { SearchSort } from '../../server/query/search.ts';
import { answerQuestion } from '../../server/query/search/answer-question.ts';
import { matches } from '../../server/query/search/matches.ts';
import type { CountAnswer, Question, RowsAnswer, SegmentPosition } from '../../server/query/search/question.ts';
import { blockRows, type SegmentColumns } from '../../server/store/columns.ts';
import { foldText, toSearchText } from '../../server/store/search-text.ts';
import {
  toIdChunk,
  type IdSource,
  type SoughtText,
  type SegmentData,
  type Stop,
} from '../../server/store/segment-data.ts';
import { taskEvent, uuidOf } from '../helpers/batches.ts';
import { toTaskRow } from '../helpers/task-rows.ts';
import { condition, history, sort } from '../helpers/arbitrary-searches.ts';
import { columnsOf } from '../helpers/columns.ts';
import { PlainSearch } from '../helpers/plain-search.ts';

const inTime: Stop = { deadlineMs: Infinity, isCancelled: () => false };

/** A segment in memory; every third task is not in its text index. */
class MemorySegment implements SegmentData {
  rowsRead = 0;
  /** How often. */
  looks = 0;
  numbersRead = 0;
  listsRead = 0;
  readonly plain: PlainSearch;
  readonly #ids: number[];
  readonly #columns: SegmentColumns;

  constructor(
    readonly tasks: readonly (Task | undefined)[],
    hasSketches = true,
    readonly rowsAtOnce?: number,
  ) {
    const columns = remembered(columnsOf(tasks));
    this.#columns = {
      ...columns,
      numbers: (column, from, to) => {
        this.numbersRead += to - from;
        return columns.numbers(column, from, to);
      },
      sketches: hasSketches ? (column, from, to) => columns.sketches!(column, from, to) : undefined,
    };
    this.#ids = tasks.flatMap((task, id) => (task ? [id] : []));
    this.plain = new PlainSearch(this.#ids.map((id) => ({ segment: 1, id, task: tasks[id]! })));
  }

  version = async () => null;
  columns = async () => this.#columns;

  async rows(ids: readonly number[]) {
    this.rowsRead += ids.length;
    this.looks++;
    return ids.filter((id) => this.tasks[id]).map((id) => ({ ...toTaskRow(this.tasks[id]!), id }));
  }

  candidates(terms: readonly SoughtText[]): IdSource | null {
    const asked = terms
      .map((term) => [term].flat().map(foldText))
      .filter((texts) => texts.every((text) => [...text].length >= 3));
    if (asked.length === 0) return null;
    const hasAll = (text: string): boolean => asked.every((texts) => texts.some((each) => text.includes(each)));
    return this.#source((id) => id % 3 > 0 && hasAll(toSearchText(this.tasks[id]!)));
  }

  unindexed = () => this.#source((id) => id % 3 === 0);

  async related(field: 'parent' | 'root', id: string): Promise<number[]> {
    return this.#ids.filter((each) => matches(this.tasks[each]!, { kind: 'related', field, id }));
  }

  #source(isIn: (id: number) => boolean): IdSource {
    return async (below, limit) => {
      this.listsRead++;
      const ids = this.#ids.filter((id) => id < below && isIn(id)).reverse();
      return toIdChunk(ids.slice(0, limit), limit);
    };
  }
}

/** The same columns, each made once. */
function remembered(columns: SegmentColumns): SegmentColumns {
  const made = new Map<string, Promise<unknown>>();
  const once = <T>(key: string, make: () => Promise<T>): Promise<T> => {
    const known = made.get(key) ?? make();
    made.set(key, known);
    return known as Promise<T>;
  };
  const { blocks } = columns;
  return {
    blocks,
    sketches: async (column, from, to) =>
      (await once(`sketches of ${column}`, () => columns.sketches!(column, 0, blocks))).slice(from, to),
    dictionary: (column) => once(`dictionary of ${column}`, () => columns.dictionary(column)),
    zones: (column) => once(`zones of ${column}`, () => columns.zones(column)),
    numbers: async (column, from, to) => (await once(column, () => columns.numbers(column, 0, blocks))).slice(from, to),
    codes: async (column, from, to) => (await once(column, () => columns.codes(column, 0, blocks))).slice(from, to),
  };
}

/** Tasks at ids far apart, so that there are several blocks, some of them empty. */
function spread(seed: number, everyNth: number, hasSketches = true, rowsAtOnce?: number): MemorySegment {
  const [batches] = fc.sample(history(150, 4), { numRuns: 1, seed });
  const byUuid = new Map<string, Task>();
  for (const event of batches!.flat()) byUuid.set(event.uuid, reduceTask(byUuid.get(event.uuid), event));
  const tasks: (Task | undefined)[] = [];
  for (const [n, task] of [...byUuid.values()].entries()) tasks[1 + n * everyNth + (n % 7)] = task;
  return new MemorySegment(Array.from(tasks), hasSketches, rowsAtOnce);
}

const rowsQuestion = (sort: SearchSort, limit: number, rest: Partial<Question> = {}): Question =>
  ({
    kind: 'rows',
    where: null,
    exact: [],
    sort,
    backward: false,
    beyond: null,
    until: null,
    limit,
    ...rest,
  }) as Question;

const ask = async <T>(segment: SegmentData, question: Question, stop = inTime): Promise<T> =>
  (await answerQuestion(segment, question, stop)) as T;

describe('a segment of many blocks', () => {
  it.each([1, 2, 3, 4])(
    'answers what looking at every task would, of history %i',
    async (seed) => {
      const segment = spread(seed, seed * 20, seed % 2 === 0, seed % 3 === 0 ? 32 : undefined);
      const query = fc.record({ where: condition, sort, limit: fc.integer({ min: 1, max: 20 }), at: fc.nat(100) });
      for (const { where, sort, limit, at } of fc.sample(query, { numRuns: 80, seed })) {
        const found = segment.plain.find(where, sort);
        const label = JSON.stringify({ where, sort, limit, at });
        const from = Math.floor((found.length * at) / 101);
        const beside = found[from];
        const beyond = beside ? { value: segment.plain.positionOf(beside, sort).value, id: beside.id } : null;
        const after = await ask<RowsAnswer>(segment, rowsQuestion(sort, limit, { where, beyond }));
        const begin = beside ? from + 1 : 0;
        expect(after.ids, label).toEqual(found.slice(begin, begin + limit).map(({ id }) => id));
        const before = await ask<RowsAnswer>(segment, rowsQuestion(sort, limit, { where, beyond, backward: true }));
        const expected = found.slice(0, beside ? from : undefined).reverse();
        expect(before.ids, label).toEqual(expected.slice(0, limit).map(({ id }) => id));
        const { tasks } = await ask<CountAnswer>(segment, { kind: 'count', where, exact: [] });
        expect(tasks, label).toBe(found.length);
      }
    },
    30_000,
  );

  it('looks at no more rows than a page needs', async () => {
    const segment = spread(1, 40);
    const newest: SearchSort = { key: 'received', descending: true };
    await ask(segment, rowsQuestion(newest, 5, { where: { kind: 'state', states: ['SUCCESS'] } }));
    expect(segment.rowsRead).toBe(0);
    await ask(segment, rowsQuestion(newest, 1, { where: { kind: 'text', field: 'kwargs', text: 'i' } }));
    expect(segment.rowsRead).toBeLessThanOrEqual(16);
  });

  it('looks at rows together that come next, where each look has a way to go', async () => {
    const tasks = Array.from({ length: 200 * blockRows }, (_, n) => {
      if (n % 20 !== 3) return undefined;
      const fields = { kwargs: n % 400 === 3 ? 'hello' : 'none' };
      return reduceTask(
        reduceTask(undefined, taskEvent('received', uuidOf(n), n, fields)),
        taskEvent('succeeded', uuidOf(n), n + 1, { runtime: (n * 7919) % 99_991 }),
      );
    });
    const question = rowsQuestion({ key: 'runtime', descending: true }, 50, {
      where: { kind: 'text', field: 'kwargs', text: 'he' },
    });
    const [near, far] = [new MemorySegment(tasks, false), new MemorySegment(tasks, false, 32)];
    expect(await ask(far, question)).toEqual(await ask(near, question));
    expect(near.looks).toBeGreaterThan(200);
    expect(far.looks).toBeLessThan(near.looks / 4);
    expect(far.rowsRead).toBeLessThan(2 * near.rowsRead);
  });

  it.each(['hello world', 'ada@example.com', `it's "well"`])(
    'looks only at rows that may have %s, of an argument that all have',
    async (value) => {
      const shown = (n: number): string => (n % 400 === 8 ? `'${value.replaceAll("'", "\\'")}'` : `'other ${n}'`);
      const tasks = Array.from({ length: 1200 }, (_, n) =>
        reduceTask(undefined, taskEvent('received', uuidOf(n), n, { kwargs: `{'note': ${shown(n)}}` })),
      );
      const segment = new MemorySegment(tasks);
      const where: Condition = { kind: 'kwarg', path: ['note'], value };
      expect(await ask(segment, { kind: 'count', where, exact: [] })).toEqual({ tasks: 3, partial: false });
      // A third of them is in no index.
      expect(segment.rowsRead).toBeLessThan(500);
    },
  );

  it('reads numbers only where one may be among the first, as far as memory tells', async () => {
    // In each block there are long ones, but of those sought few blocks have one.
    const runtimeOf = (n: number): number => (n % 100 === 7 ? ((n * 7919) % 99_991) / 5000 : 60 + (n % 97) / 9);
    const tasks = Array.from({ length: 40 * blockRows }, (_, n) =>
      reduceTask(
        undefined,
        taskEvent('succeeded', uuidOf(n), n, { runtime: runtimeOf(n), hostname: n % 100 === 7 ? 'seldom' : 'other' }),
      ),
    );
    const segment = new MemorySegment(tasks);
    const longest: SearchSort = { key: 'runtime', descending: true };
    const where = { kind: 'pattern', field: 'worker', pattern: 'seldom' } as const;
    const found = segment.plain.find(where, longest);
    const expectPage = async (from: number, beyond: SegmentPosition | null): Promise<void> => {
      const { ids } = await ask<RowsAnswer>(segment, rowsQuestion(longest, 5, { where, beyond }));
      expect(ids).toEqual(found.slice(from, from + 5).map(({ id }) => id));
    };
    await expectPage(0, null);
    const middle = Math.floor(found.length / 2);
    const beside = found[middle - 1]!;
    await expectPage(middle, { value: segment.plain.positionOf(beside, longest).value, id: beside.id });
    // Of 80 blocks in all.
    expect(segment.numbersRead).toBeLessThanOrEqual(16);
  });

  describe('with a text that half of the tasks have', () => {
    const text = { kind: 'text', field: 'kwargs', text: 'hello' } as const;
    const segment = new MemorySegment(
      Array.from({ length: 20 * blockRows }, (_, n) => {
        const fields = { kwargs: n % 2 === 0 ? 'hello' : 'none', args: n % 3000 === 6 ? 'hello' : 'none' };
        const seen = taskEvent('received', uuidOf(n), n, { ...fields, hostname: n % 500 === 8 ? 'seldom' : 'other' });
        return reduceTask(
          reduceTask(undefined, seen),
          taskEvent('succeeded', uuidOf(n), n + 1, { runtime: (n * 7919) % 99_991, hostname: seen.hostname }),
        );
      }),
    );
    /** What was found, and how often a list was read: the first time two are, of tasks that are indexed and not. */
    const expectRows = async (where: Condition, sort: SearchSort): Promise<number> => {
      const before = segment.listsRead;
      const { ids } = await ask<RowsAnswer>(segment, rowsQuestion(sort, 10, { where }));
      const found = segment.plain.find(where, sort).slice(0, 10);
      expect(ids).toEqual(found.map(({ id }) => id));
      return segment.listsRead - before;
    };

    it('reads no list on where other columns leave few rows to look at', async () => {
      const seldom = { kind: 'pattern', field: 'worker', pattern: 'seldom' } as const;
      const newest: SearchSort = { key: 'received', descending: true };
      expect(await expectRows({ kind: 'and', parts: [seldom, text] }, newest)).toBe(2);
      expect(await ask(segment, { kind: 'count', where: { kind: 'and', parts: [seldom, text] }, exact: [] })).toEqual({
        tasks: 40,
        partial: false,
      });
    });

    it('reads no list on where a page is found by looking at the rows that come first', async () => {
      const before = segment.rowsRead;
      expect(await expectRows(text, { key: 'runtime', descending: true })).toBe(2);
      expect(segment.rowsRead - before).toBeLessThan(1000);
    });

    it('reads lists to their ends where there is less to be found than they let hope for', async () => {
      const inArgs = { ...text, field: 'args' } as const;
      expect(await expectRows(inArgs, { key: 'runtime', descending: true })).toBeGreaterThan(2);
    });
  });

  it('reads no list of candidates where no time fits', async () => {
    const segment = spread(1, 40);
    const never = { kind: 'range', field: 'received', from: { value: 9e9, inclusive: true }, to: null } as const;
    const where = {
      kind: 'and' as const,
      parts: [{ kind: 'text' as const, field: 'args' as const, text: 'order' }, never],
    };
    expect(await ask(segment, { kind: 'count', where, exact: [] })).toEqual({ tasks: 0, partial: false });
    expect(segment.listsRead).toBe(0);
  });

  it('answers what it knows when the time is up, and rejects when nobody waits', async () => {
    const segment = spread(1, 40);
    const question = rowsQuestion({ key: 'received', descending: true }, 10);
    expect(segment.tasks.length).toBeGreaterThan(blockRows);
    const late = { ...inTime, deadlineMs: 0 };
    expect(await ask(segment, question, late)).toEqual({ values: [], ids: [], partial: true });
    await expect(ask(segment, question, { ...inTime, isCancelled: () => true })).rejects.toMatchObject({
      code: 'cancelled',
    });
  });

  it('is counted whole when the time is up, as long as it is small', async () => {
    const late = { ...inTime, deadlineMs: 0 };
    for (const rest of [{ kind: 'count' }, { kind: 'facets', fields: ['state'] }]) {
      const question = { where: null, exact: [], ...rest } as Question;
      expect(await ask(spread(1, 40), question, late)).toMatchObject({ partial: false });
      expect(await ask(spread(1, 400), question, late)).toMatchObject({ partial: true });
    }
  });
});
