import { describe, expect, test, vi } from 'vitest';
import type { TaskBody, TaskEventBody } from '../../server/contract/tasks.ts';
import type { TaskQueries } from '../../server/query/queries.ts';
import { openShowTask, showSearch, showTasks } from '../../server/query/shown-task.ts';
import { taskBody } from '../helpers/bodies.ts';
import { FakeSearch } from '../helpers/fake-search.ts';

const stored = taskBody({ uuid: 'a', args: '(1,)', kwargs: "{'card': '4711'}", result: "'4711'", children: ['b'] });

function open(format: (task: TaskBody) => unknown) {
  const warn = vi.fn<(message: string, fields: Readonly<Record<string, unknown>>) => void>();
  let clockMs = 0;
  const show = openShowTask({ format: format as (task: object) => unknown, warn, nowMs: () => clockMs });
  return { show, warn, pass: (ms: number) => (clockMs += ms) };
}

describe('format_task', () => {
  test('answers with the task to show', () => {
    const { show } = open((task) => ({ ...task, kwargs: 'hidden', name: 'Charge' }));
    expect(show(stored)).toEqual({ ...stored, kwargs: 'hidden', name: 'Charge' });
  });

  test('may change what it gets, which is a copy', () => {
    const { show } = open((task) => {
      task.args = null;
      task.children.pop();
    });
    expect(show(stored)).toEqual({ ...stored, args: null, children: [] });
    expect(stored.children).toEqual(['b']);
  });

  test("knows a task by Flower's names", () => {
    const seen: string[] = [];
    const { show } = open((task) => void seen.push(...Object.keys(task)));
    show(stored);
    expect(seen).toEqual(expect.arrayContaining(['routing_key', 'root_id', 'parent_id', 'args', 'kwargs', 'runtime']));
  });

  test('cannot make another task of it, nor fields of other types', () => {
    const { show } = open((task) => ({ ...task, uuid: 'x', args: [1, { b: 2 }], received: 'yesterday', more: 1 }));
    expect(show(stored)).toEqual({ ...stored, args: '[1,{"b":2}]', received: null });
  });

  test('hides what it takes away', () => {
    const { show } = open(({ args: _args, kwargs: _kwargs, ...rest }) => rest);
    expect(show(stored)).toEqual({ ...stored, args: null, kwargs: null });
  });
});

describe('when format_task fails', () => {
  const failures: [string, (task: TaskBody) => unknown][] = [
    ['throws', (task) => JSON.parse(task.kwargs!) as unknown],
    [
      'throws what is no error',
      () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- as people do
        throw 'no';
      },
    ],
    ['answers with nothing', () => null],
    ['answers with text', () => 'task'],
    ['answers with a list', (task) => [task]],
    ['answers with a promise', async (task) => task],
    ['answers with what cannot be shown', (task) => ({ ...task, args: 5n })],
    [
      'changes it and then throws',
      (task) => {
        task.args = 'x';
        throw new Error('no');
      },
    ],
  ];

  test.each(failures)('because it %s, nothing is shown that it might have hidden', (_, format) => {
    const { show, warn } = open(format);
    const shown = show(stored);
    expect(shown).toMatchObject({ uuid: 'a', name: stored.name, state: stored.state });
    expect([shown.args, shown.kwargs, shown.result]).toEqual(Array(3).fill('[hidden: format_task failed]'));
    expect(shown.exception).toBe(stored.exception === null ? null : '[hidden: format_task failed]');
    expect(warn).toHaveBeenCalledTimes(1);
  });

  test('it is logged once a minute, without what the error quotes', () => {
    const { show, warn, pass } = open((task) => JSON.parse(task.kwargs!));
    for (let i = 0; i < 100; i++) show(stored);
    pass(59_000);
    show(stored);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(JSON.stringify(warn.mock.calls)).toContain('SyntaxError');
    expect(JSON.stringify(warn.mock.calls)).not.toContain('4711');
    pass(1000);
    show(stored);
    expect(warn).toHaveBeenCalledTimes(2);
  });
});

describe('all questions about tasks', () => {
  const event = (changes: Partial<TaskEventBody>): TaskEventBody => ({
    type: 'task-received',
    uuid: 'a',
    hostname: 'w',
    timestamp: 1,
    clock: 1,
    pid: 1,
    ...changes,
  });
  const events = [
    event({ type: 'task-sent', args: "('old secret',)", kwargs: "{'card': '4711'}" }),
    event({ args: '(1,)', kwargs: "{'card': '4711'}", name: 'shop.charge' }),
    event({ type: 'task-retried', exception: 'Denied(4711)', traceback: null }),
    event({ type: 'task-started' }),
  ];
  const queries: TaskQueries = {
    async *list() {
      yield [stored, taskBody({ uuid: 'c' })];
      yield [taskBody({ uuid: 'd' })];
    },
    find: (uuid) => Promise.resolve(uuid === 'a' ? stored : undefined),
    events: (uuid) => Promise.resolve(uuid === 'a' ? events : undefined),
    workflow: (uuid) => Promise.resolve(uuid === 'a' ? { tasks: [stored], cut: true } : undefined),
    types: () => Promise.resolve(['x']),
  };
  const { show } = open((task) => {
    task.args = task.args && `${task.args.length} characters`;
    task.kwargs = '***';
    task.exception = task.exception && task.exception.replaceAll(/\d/g, '*');
  });
  const shown = showTasks(queries, show);

  test('are answered with tasks as they are to be seen', async () => {
    const chunks: TaskBody[][] = [];
    for await (const chunk of shown.list({ offset: 0, limit: 10 })) chunks.push(chunk);
    expect(chunks.map((chunk) => chunk.map(({ uuid, kwargs }) => [uuid, kwargs]))).toEqual([
      [
        ['a', '***'],
        ['c', '***'],
      ],
      [['d', '***']],
    ]);
    expect(await shown.find('a')).toMatchObject({ uuid: 'a', kwargs: '***', args: '4 characters' });
    expect(await shown.find('b')).toBeUndefined();
    expect(await shown.types()).toEqual(['x']);
    expect(await shown.workflow('a')).toMatchObject({ tasks: [{ uuid: 'a', kwargs: '***' }], cut: true });
    expect(await shown.workflow('b')).toBeUndefined();
  });

  test('and their events hide what the tasks hide, with values of their own too', async () => {
    expect(await shown.events('b')).toBeUndefined();
    const answer = await shown.events('a');
    expect(answer).toEqual([
      { ...events[0], args: '15 characters', kwargs: '***' },
      { ...events[1], args: '4 characters', kwargs: '***' },
      { ...events[2], exception: 'Denied(****)' },
      events[3],
    ]);
  });

  test('and events show nothing when the function fails', async () => {
    const failing = showTasks(
      queries,
      open(() => {
        throw new Error('no');
      }).show,
    );
    const text = JSON.stringify(await failing.events('a'));
    expect(text).not.toMatch(/4711|old secret/);
    expect(text).toContain('shop.charge');
  });
});

test('every task that a search hands out is as it is to be seen', async () => {
  const { show } = open((task) => ({ ...task, kwargs: 'hidden' }));
  const stored = new FakeSearch();
  stored.stored = [taskBody({ uuid: 'a', kwargs: "{'card': '4711'}" })];
  const search = showSearch(stored, show);
  const sort = { key: 'received', descending: true } as const;
  const page = await search.page({ where: null, sort, limit: 1 }, { deadlineMs: Infinity });
  const streamed: TaskBody[] = [];
  for await (const chunk of search.stream(null, sort)) streamed.push(...chunk);
  expect([...page.tasks, ...streamed].map(({ kwargs }) => kwargs)).toEqual(['hidden', 'hidden']);
});
