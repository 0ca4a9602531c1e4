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

const histories = 3;
const queriesEach = 340;
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

onEveryEngine((engine) => {
  let store: TestStore;
  let writer: StoreWriter;
  let reader: StoreReader;
  let search: SearchQueries;
  let plain: PlainSearch;

  const open = async (seed: number): Promise<void> => {
    store = await makeStore(engine);
    writer = await store.openWriter({ segmentTasks: 45 });
    const [batches] = fc.sample(history(150, 8), { numRuns: 1, seed });
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
        for (let at = 0; at < queries.length; at += 8) await Promise.all(queries.slice(at, at + 8).map(check));
      } finally {
        await close();
      }
    },
    60_000,
  );

  const check = async ({ where, sort, limit, at }: GeneratedQuery, i: number): Promise<void> => {
    const label = JSON.stringify({ where, sort, limit, at });
    const found = plain.find(where, sort);
    const ids = found.map(({ task }) => task.uuid);
    const request = { where, sort, limit };
    const from = Math.floor((found.length * at) / 1000);
    const beside = found[from];
    const pages = [
      { page: await search.page(request, budget), from: 0, to: limit },
      { page: await search.page({ ...request, offset: from }, budget), from, to: from + limit },
    ];
    if (beside) {
      const place = plain.positionOf(beside, sort);
      pages.push({
        page: await search.page({ ...request, after: place }, budget),
        from: from + 1,
        to: from + 1 + limit,
      });
      pages.push({
        page: await search.page({ ...request, before: place }, budget),
        from: Math.max(0, from - limit),
        to: from,
      });
    }
    for (const { page, from, to } of pages) {
      expect(
        page.tasks.map(({ uuid }) => uuid),
        `${label} from ${from} to ${to}`,
      ).toEqual(ids.slice(from, to));
      expect(page.partial).toBe(false);
      if (page.tasks.length === 0) continue;
      expect(page.first).toEqual(plain.positionOf(found[from]!, sort));
      expect(page.more, label).toEqual({ before: from > 0, after: to < ids.length });
    }
    expect(await search.count(where, budget), label).toEqual({ value: found.length, relation: 'eq' });
    if (i % 4 === 0) await checkTallies(where, label);
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
