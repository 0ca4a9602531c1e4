import { describe, expect, it } from 'vitest';
import { noFilter } from '../../web/src/models/task-filter.ts';
import { appendRows, findNew, insertRows, toRows, updateRows } from '../../web/src/models/task-rows.ts';
import { taskBody } from '../helpers/bodies.ts';

const row = (uuid: string, timestamp: number, state = 'SUCCESS') => taskBody({ uuid, timestamp, state });
const ids = (rows: readonly { uuid: string }[]) => rows.map(({ uuid }) => uuid).join(' ');

it('puts the answer’s tasks in order, though JavaScript puts ids that look like numbers first', () => {
  expect(ids(toRows({ b: row('b', 3), c: row('c', 2), '4711': row('4711', 1) }))).toBe('b c 4711');
});

describe('rows that change', () => {
  const rows = [row('a', 3), row('b', 2), row('c', 1)];

  it('stay in their place', () => {
    const changed = updateRows(rows, [row('c', 9, 'FAILURE')]);
    expect(ids(changed)).toBe('a b c');
    expect(changed[2]?.state).toBe('FAILURE');
  });

  it('are the very same list when none of them changed', () => {
    expect(updateRows(rows, [row('x', 9)])).toBe(rows);
  });
});

describe('rows that are new', () => {
  const rows = [row('a', 30), row('b', 20)];

  it('are those the list lacks and the filter lets through', () => {
    const changes = [row('a', 31), row('x', 32), row('y', 33, 'FAILURE')];
    expect(ids(findNew(rows, changes, noFilter, true))).toBe('x y');
    expect(ids(findNew(rows, changes, { ...noFilter, state: 'FAILURE' }, true))).toBe('y');
  });

  it('are not those of a page further down', () => {
    expect(ids(findNew(rows, [row('old', 10)], noFilter, true))).toBe('');
    expect(ids(findNew(rows, [row('old', 10)], noFilter, false))).toBe('old');
  });

  it('go on top, newest first, and the list keeps its length', () => {
    expect(ids(insertRows(rows, [row('x', 32), row('y', 33)], 3))).toBe('y x a');
  });
});

it('adds a next page without doubling what moved down into it', () => {
  expect(ids(appendRows([row('a', 3), row('b', 2)], [row('b', 2), row('c', 1)]))).toBe('a b c');
});
