import request from 'supertest';
import { beforeEach, describe, expect, it, test } from 'vitest';
import { readTaskResult } from '../../server/celery/task-result.ts';
import { FakeCluster, openFakeCalls } from '../helpers/fake-calls.ts';
import { answerOf, FakeInspector, FakeTasks, openApi, startHttp } from '../helpers/http-server.ts';
import type { HttpOptions } from '../../server/http/server.ts';
import { toTaskBody } from '../../server/query/task-body.ts';
import { sampleTask } from '../helpers/samples.ts';

let cluster: FakeCluster;
let url: string;

async function start(options: Partial<HttpOptions> = openApi, changes: Partial<FakeCluster> = {}): Promise<void> {
  cluster = Object.assign(new FakeCluster(), changes);
  const inspector = new FakeInspector();
  inspector.inspections.set('w@inspected', { registered: ['tasks.held'], timestamp: 1 });
  const tasks = new FakeTasks([toTaskBody(sampleTask({ uuid: 'old' }), [])]);
  ({ url } = await startHttp(options, { inspector, tasks, calls: openFakeCalls(cluster) }));
}
beforeEach(() => start());

const post = (path: string, body: string | object = '', type = 'application/json') =>
  answerOf(
    request(url)
      .post(`/api/task/${path}`)
      .set('Content-Type', type)
      .send(typeof body === 'string' ? body : JSON.stringify(body)),
  );
const get = (path: string) => answerOf(request(url).get(`/api/task/${path}`));
const keep = (id: string, record: object): void => {
  cluster.results.set(id, readTaskResult(JSON.stringify(record))!);
};
const bodyOf = (index = 0): string => Buffer.from(cluster.sent[index]!.body).toString();

describe('a task is sent', () => {
  it.each([
    ['async-apply/tasks.add', 'application/json'],
    ['send-task/tasks.unheard-of', 'application/json'],
    // As `curl -d` says.
    ['async-apply/tasks.held', 'application/x-www-form-urlencoded'],
  ])('by %s, whatever the body says it is', async (path, type) => {
    const { status, body } = await post(
      path,
      '{"args": [1, 2.0], "kwargs": {"x": 12345678901234567890}, "priority": 3}',
      type,
    );
    expect({ status, body }).toEqual({
      status: 200,
      body: { 'task-id': expect.any(String) as string, state: 'PENDING' },
    });
    expect(bodyOf()).toMatch(/^\[\[1, 2\.0\], \{"x": 12345678901234567890\}, /);
    expect(cluster.sent[0]).toMatchObject({
      queue: 'celery',
      exchange: '',
      priority: 3,
      correlationId: (body as { 'task-id': string })['task-id'],
    });
  });

  it('without a body, or a result backend', async () => {
    await start(openApi, { hasResults: false });
    const { status, body } = await post('async-apply/tasks.add');
    expect({ status, body }).toEqual({ status: 200, body: { 'task-id': expect.any(String) as string } });
  });

  it('and waited for, when it is applied', async () => {
    setTimeout(() => keep('it', { status: 'SUCCESS', result: 5.5 }), 50);
    expect((await post('apply/tasks.add', { task_id: 'it' })).body).toEqual({
      'task-id': 'it',
      state: 'SUCCESS',
      result: 5.5,
    });
    const failure = { exc_type: 'ValueError', exc_message: ['boom'], exc_module: 'builtins' };
    keep('bad', { status: 'FAILURE', result: failure, traceback: 'Traceback…' });
    expect((await post('apply/tasks.add', { task_id: 'bad' })).body).toEqual({
      'task-id': 'bad',
      state: 'FAILURE',
      result: "ValueError('boom')",
      traceback: 'Traceback…',
    });
    expect((await post('apply/tasks.add?timeout=0.05', { task_id: 'slow' })).body).toEqual({
      'task-id': 'slow',
      state: 'PENDING',
    });
  });
});

describe('nothing is sent', () => {
  it.each([
    ['apply/tasks.nosuch', {}, 404, /Unknown task 'tasks.nosuch'/],
    ['async-apply/tasks.nosuch', {}, 404, /Unknown task 'tasks.nosuch'/],
    ['apply/tasks.add', '{"args": [1', 400, /no JSON/],
    ['apply/tasks.add', [1], 400, /must be a JSON object/],
    ['apply/tasks.add', { args: 'abc' }, 400, /args must be a list/],
    ['async-apply/tasks.add', { eta: 'x' }, 400, /eta 'x' is no date/],
    ['send-task/x', { quue: 'x' }, 400, /Unknown option 'quue'\. Accepted: args, kwargs/],
    ['apply/tasks.add?timeout=x', {}, 400, /Invalid argument 'x' of type 'float'/],
    ['apply/tasks.add?timeout=1e99', {}, 400, /Invalid argument/],
    ['apply/tasks.add?timeout=9999999', {}, 400, /timeout must be a number of seconds from 0 to 3600/],
    [`send-task/${'x'.repeat(300)}`, {}, 400, /name of a task must be text/],
  ])('for %s %o', async (path, body, expected, sentence) => {
    const { status, text } = await post(path, body);
    expect(status).toBe(expected);
    expect(text).toMatch(sentence);
    expect(cluster.sent).toEqual([]);
  });

  it('by apply without a result backend, nor with read_only', async () => {
    await start(openApi, { hasResults: false });
    expect((await post('apply/tasks.add')).status).toBe(503);
    expect((await get('result/some-id')).status).toBe(503);
    expect((await post('abort/some-id')).status).toBe(503);
    await start({ ...openApi, readOnly: true });
    for (const path of ['apply/tasks.add', 'async-apply/x', 'send-task/x', 'retry/old', 'abort/old']) {
      const { status, text } = await post(path);
      expect({ status, text }).toEqual({ status: 403, text: 'Read only mode is enabled' });
    }
    expect([cluster.sent, cluster.aborted]).toEqual([[], []]);
  });
});

describe('the result of a task', () => {
  it('is its state, and what came of it once it has ended', async () => {
    keep('started', { status: 'STARTED', result: { pid: 7, hostname: 'w@host' } });
    keep('retry', { status: 'RETRY', result: { exc_type: 'OSError', exc_message: ['x'] }, traceback: 'T' });
    keep('aborted', { status: 'ABORTED', result: null });
    keep('revoked', { status: 'REVOKED', result: { exc_type: 'TaskRevokedError', exc_message: ['revoked'] } });
    keep('unknown', {
      status: 'FAILURE',
      result: { exc_type: 'NotRegistered', exc_message: ['other.task'] },
      traceback: null,
    });
    const results = ['nobody', 'started', 'retry', 'aborted', 'revoked', 'unknown'].map(
      async (id) => (await get(`result/${id}`)).body,
    );
    expect(await Promise.all(results)).toEqual([
      { 'task-id': 'nobody', state: 'PENDING' },
      { 'task-id': 'started', state: 'STARTED' },
      { 'task-id': 'retry', state: 'RETRY' },
      { 'task-id': 'aborted', state: 'ABORTED' },
      { 'task-id': 'revoked', state: 'REVOKED', result: "TaskRevokedError('revoked')" },
      {
        'task-id': 'unknown',
        state: 'FAILURE',
        result: "Task of kind 'other.task' never registered, please make sure it's imported.",
        traceback: null,
      },
    ]);
  });

  it('is waited for as long as was said, and keeps numbers whole', async () => {
    expect((await get('result/nobody?timeout=0.05')).body).toEqual({ 'task-id': 'nobody', state: 'PENDING' });
    cluster.results.set('big', readTaskResult('{"status": "SUCCESS", "result": [12345678901234567890, 2.0, NaN]}')!);
    const { text, headers } = await get('result/big?timeout=5');
    expect(text).toBe('{"task-id": "big", "state": "SUCCESS", "result": [12345678901234567890, 2.0, "NaN"]}');
    expect(headers['content-type']).toMatch(/^application\/json/);
    expect((await get('result/big?timeout=-1')).status).toBe(400);
  });

  test('that is aborted says so', async () => {
    expect((await post('abort/an/id')).body).toEqual({ message: "Aborted 'an/id'" });
    expect(cluster.aborted).toEqual(['an/id']);
  });
});

describe('a task is run again', () => {
  const recorded = { name: 'tasks.add', args: "(1, 'two')", kwargs: "{'x': 3}", exchange: '', routing_key: 'mail' };
  beforeEach(() => void cluster.recorded.set('old', recorded));

  it('as it was, and both tell of it', async () => {
    const { status, body } = await post('retry/old');
    const made = (body as { 'task-id': string })['task-id'];
    expect({ status, body }).toEqual({ status: 200, body: { 'task-id': made, state: 'PENDING', retry_of: 'old' } });
    expect(bodyOf()).toMatch(/^\[\[1, "two"\], \{"x": 3\}, /);
    expect(cluster.sent[0]).toMatchObject({
      queue: 'mail',
      headers: { task: 'tasks.add', id: made, herbarium_retry_of: 'old' },
    });
    expect((await get('info/old')).body).toMatchObject({ uuid: 'old', retried_as: [made] });
  });

  it('with what is given in the place of what was', async () => {
    await post('retry/old', '{"args": [7.0], "queue": "slow"}');
    expect(bodyOf()).toMatch(/^\[\[7\.0\], \{"x": 3\}, /);
    expect(cluster.sent[0]).toMatchObject({ queue: 'slow', routingKey: 'slow' });
    cluster.recorded.set('old', { ...recorded, exchange: 'logs', routing_key: 'a.b' });
    await post('retry/old', { kwargs: {} });
    expect(cluster.sent[1]).toMatchObject({ exchange: 'logs', routingKey: 'a.b' });
  });

  it.each([
    ['nobody', {}, 404, /Unknown task 'nobody'/],
    ['old', { args: 'x' }, 400, /args must be a list/],
    ['old', { priority: 3 }, 400, /Unknown option 'priority'. Accepted: args, kwargs, queue/],
    ['cut', {}, 400, /recorded args cannot be sent again: they were cut/],
    ['tuple', {}, 400, /JSON cannot carry a tuple/],
    ['nameless', {}, 400, /no event told its name/],
  ])('unless %s %o cannot be', async (id, body, expected, sentence) => {
    cluster.recorded.set('cut', { ...recorded, args: "('xxx...', ...)" });
    cluster.recorded.set('tuple', { ...recorded, kwargs: "{'x': (1,)}" });
    cluster.recorded.set('nameless', { ...recorded, name: null });
    const { status, text } = await post(`retry/${id}`, body);
    expect(status).toBe(expected);
    expect(text).toMatch(sentence);
    expect(cluster.sent).toEqual([]);
  });
});
