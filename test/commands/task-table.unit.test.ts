import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { tableColumns, toTable } from '../../server/commands/task-table.ts';
import { toAddress } from '../../server/commands/task-source.ts';
import { taskBody } from '../helpers/bodies.ts';

const lines = (text: string) => text.split('\n').slice(0, -1);

test.each([40, 80, 120, 200])('a table fits a terminal of %d characters', (width) => {
  const tasks = [
    taskBody({ args: `('${'x'.repeat(300)}',)`, name: 'shop.orders.tasks.charge_the_card' }),
    taskBody({ args: "('花が咲く', '🌸🌸🌸')", kwargs: `{'a': '${'花'.repeat(100)}'}` }),
  ];
  const rows = lines(toTable(tasks, { columns: tableColumns, width, colours: false }));
  expect(rows).toHaveLength(3);
  // The time, the state and the run time are not cut: with four signs of each other column that takes 68.
  for (const row of rows) expect(stringWidth(row)).toBeLessThanOrEqual(Math.max(width, 68));
});

test('columns stand below their names, and what fits is whole', () => {
  const tasks = [taskBody({ uuid: 'a', runtime: 1.25, worker: 'w1' }), taskBody({ uuid: 'long-one', runtime: null })];
  expect(lines(toTable(tasks, { columns: ['uuid', 'runtime', 'state'], width: 80, colours: false }))).toEqual([
    'uuid      runtime  state',
    'a         1.250 s  SUCCESS',
    'long-one           SUCCESS',
  ]);
});

test('what a worker sent cannot tell the terminal anything', () => {
  const args = '\u001b]0;owned\u0007\u009b31m\u202etxt\nline';
  const text = toTable([taskBody({ args })], { columns: ['args'], colours: true });
  expect(text).not.toContain(args.slice(0, 1) + ']');
  expect(lines(text)[1]).toBe('\\u001b]0;owned\\u0007\\u009b31m\\u202etxt\\nline');
});

test('colours are there only when they are wanted', () => {
  const task = taskBody({ state: 'FAILURE' });
  const tableOf = (colours: boolean) => toTable([task], { columns: ['state'], colours });
  expect(tableOf(false)).not.toContain('\u001b');
  expect(tableOf(true)).toContain('\u001b[31mFAILURE');
});

test.each([
  ['http://host:5555', '', [], { url: 'http://host:5555' }],
  ['http://host:5555/', '/flower', [], { url: 'http://host:5555/flower' }],
  ['http://host:5555/flower/', '/flower', [], { url: 'http://host:5555/flower' }],
  ['https://ada:p%40ss@host/x', '', [], { url: 'https://host/x', user: 'ada', password: 'p@ss' }],
  ['http://host', '', [{ user: 'bob', password: 'b' }], { url: 'http://host', user: 'bob', password: 'b' }],
  ['http://ada:a@host', '', [{ user: 'bob', password: 'b' }], { url: 'http://host', user: 'ada', password: 'a' }],
])('--server %s with url_prefix "%s"', (server, url_prefix, basic_auth, address) => {
  expect(toAddress(server, { url_prefix, basic_auth })).toEqual(address);
});
