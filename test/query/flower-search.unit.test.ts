import { expect, test } from 'vitest';
import type { TaskBody } from '../../server/contract/tasks.ts';
import { withSearch } from '../../server/query/flower-search.ts';
import type { TaskQuery } from '../../server/query/queries.ts';
import { readSearch } from '../../server/query/read-search.ts';
import { FakeSearch, numberedTasks } from '../helpers/fake-search.ts';
import { FakeTasks } from '../helpers/http-server.ts';

const searchOf = (text: string) => readSearch(text, { now: 0, zone: 'UTC' });

async function list(search: FakeSearch, query: Partial<TaskQuery>) {
  const tasks: TaskBody[] = [];
  const queries = withSearch(new FakeTasks(), search);
  for await (const chunk of queries.list({ offset: 0, limit: 100_000, ...query })) tasks.push(...chunk);
  return tasks;
}

test('a list with a search has what fits it and all other filters, in the order of Flower', async () => {
  const search = new FakeSearch();
  await list(search, {
    search: searchOf('mail'),
    name: 'a*',
    worker: 'w',
    state: 'x',
    receivedFrom: 5,
    limit: 7,
    offset: 3,
  });
  expect(search.asked).toEqual([
    {
      question: 'page',
      where: {
        kind: 'and',
        parts: [
          { kind: 'range', field: 'received', from: { value: 5, inclusive: true }, to: null },
          { kind: 'text', field: 'any', text: 'mail' },
        ],
      },
      exact: [
        { column: 'name', value: 'a*' },
        { column: 'worker', value: 'w' },
        { column: 'state', value: 'x' },
      ],
      sort: { key: 'timestamp', descending: true },
      offset: 3,
      limit: 7,
    },
  ]);
});

test.each([
  [{ sort: { key: 'name', descending: false } as const }, { key: 'name', descending: false }],
  [{}, { key: 'runtime', descending: true }],
])('the order of the parameters counts more than that of the search', async (query, sort) => {
  const search = new FakeSearch();
  await list(search, { search: searchOf('sort:-runtime'), ...query });
  expect(search.asked).toMatchObject([{ sort }]);
});

test.each([1, 499, 500, 501, 1200])('a long list comes whole, page by page (%d tasks)', async (count) => {
  const search = new FakeSearch();
  search.stored = numberedTasks(count);
  expect(await list(search, { search: searchOf('') })).toEqual(search.stored);
  expect(await list(search, { search: searchOf(''), limit: 700 })).toEqual(search.stored.slice(0, 700));
});
