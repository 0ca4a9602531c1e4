import { describe, expect, it } from 'vitest';
import { appendRows, findNew, insertRows, receivedAt, updateRows } from '../../web/src/models/task-rows.ts';
import { taskBody } from '../helpers/bodies.ts';

const row = (uuid: string, received: number, state = 'SUCCESS') => taskBody({ uuid, received, state });
const ids = (rows: readonly { uuid: string }[]) => rows.map(({ uuid }) => uuid).join(' ');

it('takes a task that no worker has received by when it was sent, as the server does', () => {
  expect(receivedAt(taskBody({ received: 3, sent: 2, timestamp: 9 }))).toBe(3);
  expect(receivedAt(taskBody({ received: null, sent: 2, timestamp: 9 }))).toBe(2);
  expect(receivedAt(taskBody({ received: null, sent: null, timestamp: 9 }))).toBe(9);
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

  it('are those the list lacks', () => {
    const changes = [row('a', 31), row('x', 32), row('y', 33, 'FAILURE')];
    expect(ids(findNew(rows, changes, true))).toBe('x y');
  });

  it('are not those of a page further down', () => {
    expect(ids(findNew(rows, [row('old', 10)], true))).toBe('');
    expect(ids(findNew(rows, [row('old', 10)], false))).toBe('old');
  });

  it('go on top, newest first, and the list keeps its length', () => {
    expect(ids(insertRows(rows, [row('x', 32), row('y', 33)], 3))).toBe('y x a');
  });
});

it('adds a next page without doubling what moved down into it', () => {
  expect(ids(appendRows([row('a', 3), row('b', 2)], [row('b', 2), row('c', 1)]))).toBe('a b c');
});
