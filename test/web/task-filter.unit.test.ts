import { expect, it } from 'vitest';
import {
  isFiltered,
  matches,
  noFilter,
  readTaskFilter,
  toApiQuery,
  toPageQuery,
} from '../../web/src/models/task-filter.ts';
import { taskBody } from '../helpers/bodies.ts';

it('comes back from the address as it went in', () => {
  const filter = { state: 'FAILURE', name: 'shop.orders.price & more', worker: 'a@host' };
  expect(readTaskFilter(new URLSearchParams(toPageQuery(filter).toString()))).toEqual(filter);
  expect(toPageQuery(noFilter).toString()).toBe('');
  expect(toPageQuery(noFilter, false).toString()).toBe('live=off');
});

it('reads what a person types: any case, ALL, empty values', () => {
  expect(readTaskFilter(new URLSearchParams('state=failure'))).toEqual({ ...noFilter, state: 'FAILURE' });
  expect(isFiltered(readTaskFilter(new URLSearchParams('state=All&name=&worker=%20')))).toBe(false);
});

it('asks the API by its own names', () => {
  const query = toApiQuery({ state: 'RETRY', name: 'shop.mail.send', worker: 'a@host' }, 50, 100);
  expect(Object.fromEntries(query)).toEqual({
    limit: '50',
    offset: '100',
    state: 'RETRY',
    taskname: 'shop.mail.send',
    workername: 'a@host',
  });
});

it('holds a task that arrives against every part of the filter', () => {
  const task = taskBody();
  expect(matches(noFilter, task)).toBe(true);
  expect(matches({ state: 'SUCCESS', name: 'shop.orders.price', worker: 'a@host' }, task)).toBe(true);
  expect(matches({ ...noFilter, state: 'FAILURE' }, task)).toBe(false);
  expect(matches({ ...noFilter, name: 'shop.orders' }, task)).toBe(false);
  expect(matches({ ...noFilter, worker: 'b@host' }, task)).toBe(false);
  expect(matches({ ...noFilter, worker: 'a@host' }, taskBody({ worker: undefined }))).toBe(false);
});
