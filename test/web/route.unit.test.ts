import { describe, expect, it } from 'vitest';
import { readBase, readRoute, toHref } from '../../web/src/state/route.ts';

describe('readRoute', () => {
  it.each([
    ['/', { page: 'overview' }],
    ['/tasks', { page: 'tasks' }],
    ['/tasks/', { page: 'tasks' }],
    ['/workers', { page: 'workers' }],
    ['/worker/mail%40shop', { page: 'worker', name: 'mail@shop' }],
    ['/worker', { page: 'not-found', path: '/worker' }],
    ['/broker', { page: 'broker' }],
    ['/events', { page: 'events' }],
    ['/about', { page: 'about' }],
    ['/docs', { page: 'docs' }],
    ['/task/abc', { page: 'task', uuid: 'abc' }],
    ['/task/order%2F4711%20%235', { page: 'task', uuid: 'order/4711 #5' }],
    ['/task/', { page: 'not-found', path: '/task/' }],
    ['/task/%E0%A4%A', { page: 'not-found', path: '/task/%E0%A4%A' }],
    ['/api/tasks', { page: 'not-found', path: '/api/tasks' }],
  ])('reads %s', (path, route) => expect(readRoute(path, '/')).toEqual(route));

  it('lives under a prefix, with and without its last slash', () => {
    expect(readRoute('/flower/', '/flower/')).toEqual({ page: 'overview' });
    expect(readRoute('/flower', '/flower/')).toEqual({ page: 'overview' });
    expect(readRoute('/flower/workers', '/flower/')).toEqual({ page: 'workers' });
    expect(readRoute('/flowers/workers', '/flower/')).toEqual({ page: 'not-found', path: '/flowers/workers' });
  });
});

it('comes back from the address as it went in, whatever the id', () => {
  for (const uuid of ['abc', 'a/b', 'ü ?#&%', 'ends/']) {
    const href = toHref({ page: 'task', uuid }, '/flower/');
    expect(readRoute(href, '/flower/')).toEqual({ page: 'task', uuid });
    const worker = toHref({ page: 'worker', name: uuid }, '/flower/');
    expect(readRoute(worker, '/flower/')).toEqual({ page: 'worker', name: uuid });
  }
});

it('leads home under its base', () => {
  expect(toHref({ page: 'overview' }, '/flower/')).toBe('/flower/');
});

it('adds a query only when there is one', () => {
  expect(toHref({ page: 'tasks' }, '/', new URLSearchParams())).toBe('/tasks');
  expect(toHref({ page: 'tasks' }, '/', new URLSearchParams({ state: 'FAILURE' }))).toBe('/tasks?state=FAILURE');
});

it('takes its base from the document', () => {
  expect(readBase('http://host:5555/')).toBe('/');
  expect(readBase('https://host/flower/')).toBe('/flower/');
});
