import fc from 'fast-check';
import { expect, it } from 'vitest';
import { facetFields } from '../../server/contract/search.ts';
import type { Condition } from '../../server/language/query.ts';
import type { SearchQueries, SearchSort } from '../../server/query/search.ts';
import { openSearchQueries } from '../../server/query/search/open-search.ts';
import type { StoreReader, StoreWriter } from '../../server/store/store.ts';
import { taskColumns, toTask } from '../../server/store/task-row.ts';
import { condition, history, sort } from '../helpers/arbitrary-searches.ts';
import { toBatch } from '../helpers/batches.ts';
import { PlainSearch } from '../helpers/plain-search.ts';
import { makeStore, onEveryEngine, type TestStore } from '../helpers/stores.ts';

/** On both engines 10,200 queries: a page of each, one of four kinds, and the more expensive questions of some. */
const histories = 3;
const queriesEach = 1700;
const budget = { deadlineMs: Infinity };

const query = fc.record({
  where: fc.option(condition, { freq: 20 }),
  sort,
  limit: fc.integer({ min: 1, max: 12 }),
  at: fc.nat(1000),
});
interface GeneratedQuery {
  where: Condition | null;
  sort: SearchSort;
  limit: number;
  /** What to begin at, of what was found, in thousandths. */
  at: number;
}

/** Run times are counted in bins of 5 %, from 10 µs on. */
function isNear(found: number | null, sorted: readonly number[], quantile: number): boolean {
  const exact = sorted[Math.ceil(quantile * sorted.length) - 1];
  if (exact === undefined || found === null) return exact === undefined && found === null;
  return Math.abs(found / Math.max(exact, 1e-5) - 1) < 0.026;
}

onEveryEngine((engine) => {
  let store: TestStore;
  let writer: StoreWriter;
  let reader: StoreReader;
  let search: SearchQueries;
  let plain: PlainSearch;

  const open = async (seed: number): Promise<void> => {
    store = await makeStore(engine);
    writer = await store.openWriter({ segmentTasks: 35 });
    const [batches] = fc.sample(history(100, 6), { numRuns: 1, seed });
    for (const events of batches!) await writer.write(toBatch(events));
    reader = await store.openReader();
    search = openSearchQueries(reader);
    plain = new PlainSearch(await readAll(reader));
  };
  const close = async (): Promise<void> => {
    await reader.close();
    await writer.close();
    await store.remove();
  };

  it.each(Array.from({ length: histories }, (_, i) => i + 1))(
    'answers what looking at every task would, on history %i',
    async (seed) => {
      await open(seed);
      try {
        const queries = fc.sample(query, { numRuns: queriesEach, seed });
        for (let at = 0; at < queries.length; at += 8)
          await Promise.all(queries.slice(at, at + 8).map((each, i) => check(each, at + i)));
      } finally {
        await close();
      }
    },
    180_000,
  );

  const check = async ({ where, sort, limit, at }: GeneratedQuery, i: number): Promise<void> => {
    const label = JSON.stringify({ where, sort, limit, at });
    const found = plain.find(where, sort);
    const ids = found.map(({ task }) => task.uuid);
    const request = { where, sort, limit };
    const from = Math.floor((found.length * at) / 1000);
    const beside = found[from];
    const place = beside && plain.positionOf(beside, sort);
    const kinds = [
      { asked: request, from: 0, to: limit },
      { asked: { ...request, offset: from }, from, to: from + limit },
      ...(place ? [{ asked: { ...request, after: place }, from: from + 1, to: from + 1 + limit }] : []),
      ...(place ? [{ asked: { ...request, before: place }, from: Math.max(0, from - limit), to: from }] : []),
    ];
    const { asked, from: first, to } = kinds[i % kinds.length]!;
    const page = await search.page(asked, budget);
    expect(
      page.tasks.map(({ uuid }) => uuid),
      `${label} from ${first} to ${to}`,
    ).toEqual(ids.slice(first, to));
    expect(page.partial).toBe(false);
    if (page.tasks.length > 0) {
      expect(page.first).toEqual(plain.positionOf(found[first]!, sort));
      expect(page.more, label).toEqual({ before: first > 0, after: to < ids.length });
    }
    if (i % 5 === 0) expect(await search.count(where, budget), label).toEqual({ value: found.length, relation: 'eq' });
    if (i % 20 === 0) await checkTallies(where, label);
  };

  const checkTallies = async (where: Condition | null, label: string): Promise<void> => {
    const found = plain.find(where, { key: 'received', descending: true });
    const { facets, total } = await search.facets(where, facetFields, 3, budget);
    for (const field of facetFields) expect(facets[field], label).toEqual(plain.facet(found, field).slice(0, 3));
    expect(total).toEqual({ value: found.length, relation: 'eq' });
    const range = { from: 1_700_000_005, to: 1_700_000_100, step: 7 };
    const { buckets } = await search.histogram(where, range, budget);
    expect(
      buckets.map((bucket) => Object.fromEntries(bucket)),
      label,
    ).toEqual(plain.histogram(found, range));
    const runtimes = await search.runtimes(where, range, budget);
    for (const [i, { tasks, p50, p95 }] of runtimes.buckets.entries()) {
      const sorted = plain.runtimes(found, range, i);
      expect(tasks, label).toBe(sorted.length);
      expect([isNear(p50, sorted, 0.5), isNear(p95, sorted, 0.95)], label).toEqual([true, true]);
    }
  };

  it('streams all of a long history, in order', async () => {
    await open(99);
    try {
      for (const sort of fc.sample(sortArbitrary, { numRuns: 6, seed: 1 })) {
        const ids: string[] = [];
        for await (const tasks of search.stream(null, sort)) ids.push(...tasks.map(({ uuid }) => uuid));
        expect(ids).toEqual(plain.find(null, sort).map(({ task }) => task.uuid));
      }
    } finally {
      await close();
    }
  });
});

const sortArbitrary = sort;

async function readAll(reader: StoreReader) {
  const all = [];
  for (const segment of await reader.segments()) {
    const rows = await segment.db
      .selectFrom('tasks')
      .select(['id', ...taskColumns])
      .execute();
    all.push(...rows.map((row) => ({ segment: segment.id, id: row.id, task: toTask(row) })));
  }
  return all;
}
