import { expect, test } from 'vitest';
import type { TaskBody } from '../../server/contract/tasks.ts';
import { showInspection } from '../../server/query/shown-inspection.ts';
import { openShowTask } from '../../server/query/shown-task.ts';

const deep = { a: { b: { c: { d: { card: '4711' } } } } };
const held = (args: unknown, kwargs: unknown) => ({ id: 'a', name: 'shop.charge', args, kwargs, hostname: 'w@a' });
const inspection = {
  active: [held("('4711',)", '{}')],
  reserved: [held(['4711'], deep), held([1], null)],
  scheduled: [{ eta: 'soon', priority: 6, request: held(['4711'], {}) }],
  revoked: ['b'],
  timestamp: 1,
};
const open = (format: (task: TaskBody) => unknown) => openShowTask({ format: format as never, warn: () => undefined });

test('format_task changes what workers run, hold and schedule', () => {
  const seen: TaskBody[] = [];
  const show = open((task) => {
    seen.push({ ...task });
    if (task.args?.includes('4711')) task.args = '(hidden)';
  });
  expect(showInspection(inspection, show)).toEqual({
    ...inspection,
    active: [held('(hidden)', '{}')],
    reserved: [held('(hidden)', "{'a': {'b': {'c': {...}}}}"), held('[1]', null)],
    scheduled: [{ eta: 'soon', priority: 6, request: held('(hidden)', '{}') }],
  });
  expect(seen[0]).toMatchObject({ uuid: 'a', name: 'shop.charge', state: 'STARTED', worker: 'w@a', result: null });
});

test('while format_task throws, no arguments are shown', () => {
  const show = open(() => {
    throw new Error('4711');
  });
  const shown = JSON.stringify(showInspection(inspection, show));
  expect(shown).not.toContain('4711');
  expect(shown).toContain('format_task failed');
});

test('what is no task is not shown, and what was not asked is not there', () => {
  const show = open(() => undefined);
  expect(showInspection({ active: ['4711'], scheduled: ['4711', { request: 1 }], timestamp: 1 }, show)).toEqual({
    active: [null],
    scheduled: [null, { request: null }],
    timestamp: 1,
  });
});
