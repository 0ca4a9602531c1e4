import fc from 'fast-check';
import request from 'supertest';
import { beforeEach, expect, test } from 'vitest';
import type { TaskBody } from '../../server/contract/tasks.ts';
import { toTaskBody } from '../../server/query/task-body.ts';
import { answerOf, FakeTasks, openApi, startHttp } from '../helpers/http-server.ts';
import { sampleTask } from '../helpers/samples.ts';

const body = (uuid: string): TaskBody => toTaskBody(sampleTask({ uuid }), []);

let tasks: FakeTasks;
let url: string;
beforeEach(async () => {
  tasks = new FakeTasks(['first', '10', '2', '<b>', '__proto__'].map(body));
  ({ url } = await startHttp({ ...openApi, maxTasks: 1000 }, { tasks }));
});

const list = (parameters: string) => request(url).get(`/api/tasks?${parameters}`);

test('lists tasks as one object by uuid, in order, whatever the uuids look like', async () => {
  const { status, text, headers } = await list('');
  expect(status).toBe(200);
  expect(headers['content-type']).toBe('application/json; charset=utf-8');
  expect([...text.matchAll(/"([^"]+)":\{"uuid"/g)].map((match) => match[1])).toEqual([
    'first',
    '10',
    '2',
    '<b>',
    '__proto__',
  ]);
  const parsed = JSON.parse(text) as Record<string, TaskBody>;
  expect(parsed['10']).toEqual(body('10'));
  expect(Object.keys(parsed)).toHaveLength(5);
});

test('lists nothing as an empty object', async () => {
  tasks.stored.length = 0;
  const { text } = await list('');
  expect(text).toBe('{}');
});

test('asks for at most max_tasks of everything when no parameter is given', async () => {
  await list('');
  expect(tasks.asked).toEqual([{ offset: 0, limit: 1000 }]);
});

test('asks the store exactly what the parameters say', async () => {
  const parameters = new URLSearchParams({
    limit: '5',
    offset: '10',
    sort_by: '-received',
    workername: 'celery@höst',
    taskname: 'tasks.add',
    state: 'FAILURE',
    received_start: '2026-03-01 10:20',
    received_end: '2026-03-02 10:20',
    started_start: '2026-03-03 10:20',
    started_end: '2026-03-04 10:20',
  });
  await list(parameters.toString());
  const epoch = (day: number) => new Date(2026, 2, day, 10, 20).getTime() / 1000;
  expect(tasks.asked).toEqual([
    {
      limit: 5,
      offset: 10,
      sort: { key: 'received', descending: true },
      worker: 'celery@höst',
      name: 'tasks.add',
      state: 'FAILURE',
      receivedFrom: epoch(1),
      receivedTo: epoch(2),
      startedFrom: epoch(3),
      startedTo: epoch(4),
    },
  ]);
});

test.each([
  ['an empty parameter is absent', 'limit=&state=&sort_by=&received_start=&search=', { offset: 0, limit: 1000 }],
  ['a parameter of spaces is absent', 'state=%20%20', { offset: 0, limit: 1000 }],
  ['All filters nothing', 'state=All&taskname=All&workername=All', { offset: 0, limit: 1000 }],
  ['a negative offset is 0', 'offset=-5', { offset: 0, limit: 1000 }],
  ['limit 0 is a limit', 'limit=0', { offset: 0, limit: 0 }],
  ['a list ends at max_tasks', 'limit=5000', { offset: 0, limit: 1000 }],
  ['no offset reaches beyond max_tasks', 'limit=50&offset=980', { offset: 980, limit: 20 }],
  ['past max_tasks there is nothing', 'limit=50&offset=1500', { offset: 1500, limit: 0 }],
  ['the last of a repeated parameter counts', 'limit=1&limit=2', { offset: 0, limit: 2 }],
  ['brackets make no lists', 'state[]=A&state[x]=B', { offset: 0, limit: 1000 }],
  ['unknown parameters are ignored', '_=123&__proto__=1', { offset: 0, limit: 1000 }],
  [
    'sort_by ascends without a dash',
    'sort_by=name',
    { offset: 0, limit: 1000, sort: { key: 'name', descending: false } },
  ],
  ['a NUL never reaches the store', 'taskname=a%00b', { offset: 0, limit: 1000, name: 'a b' }],
])('%s', async (_what, parameters, asked) => {
  const { status } = await list(parameters);
  expect(status).toBe(200);
  expect(tasks.asked).toEqual([asked]);
});

test("a search is read as the language has it, in Flower's parameter", async () => {
  await list('search=state:FAILURE%20-mail&state=All&limit=3');
  const [asked] = tasks.asked;
  expect(asked).toMatchObject({ limit: 3, offset: 0 });
  expect(asked?.search?.where).toEqual({
    kind: 'and',
    parts: [
      { kind: 'state', states: ['FAILURE'] },
      { kind: 'not', part: { kind: 'text', field: 'any', text: 'mail' } },
    ],
  });
});

test.each([
  ['limit=abc', "Invalid limit 'abc': a whole number is needed"],
  ['limit=1.5', "Invalid limit '1.5': a whole number is needed"],
  ['limit=-1', "Invalid limit '-1': it must not be negative"],
  ['offset=x', "Invalid offset 'x': a whole number is needed"],
  [
    'sort_by=runtime',
    "Invalid sort_by 'runtime': one of name, state, received, started, with - in front for descending",
  ],
  ['sort_by=--name', "Invalid sort_by '--name': one of name, state, received, started, with - in front for descending"],
  ['received_start=yesterday', "'yesterday' is no date of the form YYYY-MM-DD HH:MM"],
  ['started_end=2026-02-30%2010:00', "'2026-02-30 10:00' is no date of the form YYYY-MM-DD HH:MM"],
  ['search=state:FAILURE%20(x', 'Missing closing parenthesis at position 14.'],
])('%s is refused with what is wrong', async (parameters, error) => {
  const { status, body: answer } = await answerOf(list(parameters));
  expect(status).toBe(400);
  expect(answer).toMatchObject({ error, code: 'bad_request' });
  expect(tasks.asked).toEqual([]);
});

test('all that is wrong is told at once', async () => {
  const { body: answer } = await answerOf(list('limit=a&offset=b'));
  expect(answer).toMatchObject({ details: [{ path: 'limit' }, { path: 'offset' }] });
});

test('no query string makes the server fail', async () => {
  const names = [
    'limit',
    'offset',
    'sort_by',
    'workername',
    'taskname',
    'state',
    'received_start',
    'started_end',
    'search',
    'x',
  ];
  const pair = fc.tuple(
    fc.constantFrom(...names),
    fc.oneof(fc.string({ unit: 'binary' }), fc.integer().map(String), fc.webQueryParameters()),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(pair, { maxLength: 4 }), fc.boolean(), async (pairs, encode) => {
      const write = (text: string) =>
        encode ? encodeURIComponent(text.replace(/\p{Surrogate}/gu, '?')) : text.replace(/[^\x21-\x7e]|#/g, '%');
      const { status } = await list(pairs.map(([name, value]) => `${name}=${write(value)}`).join('&'));
      expect([200, 400]).toContain(status);
    }),
    { numRuns: 200 },
  );
}, 30_000);

test('HEAD answers the headers and reads no list', async () => {
  const { status, text } = await request(url).head('/api/tasks');
  expect(status).toBe(200);
  expect(text).toBeUndefined();
});

test('one task is answered as it is', async () => {
  const { status, body: answer } = await answerOf(request(url).get('/api/task/info/first'));
  expect(status).toBe(200);
  expect(answer).toEqual(body('first'));
});

test.each(['a/b', 'ünï cødé', "it's 100% <b>", '..%2f..', 'a?b#c', 'x\0y'])('a task id may be %j', async (uuid) => {
  tasks.stored.push(body(uuid));
  const { status, body: answer } = await answerOf(request(url).get(`/api/task/info/${encodeURIComponent(uuid)}`));
  // NUL alone is an id that no store can hold.
  expect(status).toBe(uuid.includes('\0') ? 404 : 200);
  if (status === 200) expect(answer).toMatchObject({ uuid });
});

test.each(['info', 'events'])('an unknown task is a plain sentence in task/%s', async (route) => {
  const { status, text, headers } = await request(url).get(
    `/api/task/${route}/${encodeURIComponent('<script>1</script>')}`,
  );
  expect(status).toBe(404);
  expect(text).toBe("Unknown task '<script>1</script>'");
  expect(headers['content-type']).toBe('text/plain; charset=utf-8');
  expect(headers['x-content-type-options']).toBe('nosniff');
});

test('an id that cannot be decoded is the fault of the caller', async () => {
  const { status, body: answer } = await answerOf(request(url).get('/api/task/info/%E0%A4%A'));
  expect(status).toBe(400);
  expect(answer).toMatchObject({ code: 'bad_request' });
});

test("a task's events come in the order of the store", async () => {
  const event = { type: 'task-sent', uuid: 'first', hostname: 'h', timestamp: 1, clock: 1, pid: 2, extra: ['x'] };
  tasks.storedEvents.set('first', [event, { ...event, type: 'task-received' }]);
  const { status, body: answer } = await answerOf(request(url).get('/api/task/events/first'));
  expect(status).toBe(200);
  expect(answer).toEqual({ uuid: 'first', events: [event, { ...event, type: 'task-received' }] });
});

test('task types are listed', async () => {
  const { body: answer } = await answerOf(request(url).get('/api/task/types'));
  expect(answer).toEqual({ 'task-types': ['tasks.add', 'tasks.mul'] });
});

test('tells of a task’s workflow what a graph of it needs, and no arguments', async () => {
  const { body: answer } = await answerOf(request(url).get('/api/task/workflow/first'));
  expect(answer).toMatchObject({ uuid: 'first', cut: false });
  const [task] = (answer as { tasks: object[] }).tasks;
  expect(task).toMatchObject({ uuid: 'first', state: body('first').state });
  expect(task).not.toHaveProperty('args');
  expect((await request(url).get('/api/task/workflow/nobody')).status).toBe(404);
});
