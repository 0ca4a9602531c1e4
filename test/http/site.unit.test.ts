import request from 'supertest';
import { expect, test } from 'vitest';
import { errorCodes } from '../../server/contract/errors.ts';
import { AppError } from '../../server/errors.ts';
import { statusOfCode } from '../../server/http/errors.ts';
import { answerOf, FakeTasks, openApi, sampleStatus, startHttp } from '../helpers/http-server.ts';

test('status is answered as the query says', async () => {
  const { url } = await startHttp(openApi);
  const { status, body } = await answerOf(request(url).get('/api/status'));
  expect(status).toBe(200);
  expect(body).toEqual(sampleStatus);
});

test('the health check is two letters', async () => {
  const { url } = await startHttp();
  const { status, text, headers } = await request(url).get('/healthcheck');
  expect([status, text]).toEqual([200, 'OK']);
  expect(headers['content-type']).toMatch('text/plain');
});

const readPaths = [
  '/healthcheck',
  '/api/tasks',
  '/api/task/types',
  '/api/task/info/x',
  '/api/task/events/x',
  '/api/workers',
  '/api/status',
  '/',
  '/tasks',
];

test.each(readPaths)('%s takes no other method than it says', async (path) => {
  const { url } = await startHttp(openApi);
  for (const method of ['post', 'put', 'delete', 'patch'] as const) {
    const { status, headers, body } = await answerOf(request(url)[method](path));
    expect(status).toBe(405);
    expect(headers.allow).toBe('GET, HEAD, OPTIONS');
    expect(body).toMatchObject({ code: 'method_not_allowed' });
  }
});

test.each(['/api', '/api/', '/api/nothing', '/api/Tasks', '/api/task/info', '/api/task/info/'])(
  '%s is not there',
  async (path) => {
    const { url } = await startHttp(openApi);
    const { status, body } = await answerOf(request(url).get(path));
    expect(status).toBe(404);
    expect(body).toMatchObject({ code: 'not_found' });
  },
);

test('an unexpected error is logged, and tells the caller nothing', async () => {
  const tasks = new FakeTasks();
  tasks.failure = new Error('password=hunter2 in /srv/secret.ts');
  const { url, log } = await startHttp(openApi, { tasks });
  for (const path of ['/api/tasks', '/api/task/types', '/api/task/info/x', '/api/task/events/x']) {
    const { status, text } = await request(url).get(path);
    expect(status).toBe(500);
    expect(JSON.parse(text)).toEqual({ error: expect.any(String) as string, code: 'internal' });
    expect(text).not.toMatch(/hunter2|secret|at /);
  }
  expect(log.lines).toHaveLength(4);
  expect(log.lines[0]).toMatchObject({ level: 'error', fields: { error: tasks.failure, path: '/api/tasks' } });
});

test('a known error keeps its code, sentence and details', async () => {
  const tasks = new FakeTasks();
  tasks.failure = new AppError('store_unavailable', 'The database is locked', [{ path: 'db', message: 'locked' }]);
  const { url } = await startHttp(openApi, { tasks });
  const { status, body } = await answerOf(request(url).get('/api/tasks'));
  expect(status).toBe(503);
  expect(body).toEqual({
    error: 'The database is locked',
    code: 'store_unavailable',
    details: [{ path: 'db', message: 'locked' }],
  });
});

test('every error code has a status of its kind', () => {
  expect(Object.keys(statusOfCode).sort()).toEqual([...errorCodes].sort());
  for (const status of Object.values(statusOfCode)) expect(status).toBeGreaterThanOrEqual(400);
});

test('a body that is too large is refused unread', async () => {
  const { url } = await startHttp(openApi);
  const { status, body } = await answerOf(request(url).post('/api/tasks').set('Content-Length', '1048577').send());
  expect(status).toBe(413);
  expect(body).toMatchObject({ code: 'too_large' });
});

test('nothing but our own scripts, styles and connections is allowed on a page', async () => {
  const { url } = await startHttp();
  const { headers } = await request(url).get('/');
  const policy = headers['content-security-policy'];
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self';");
  expect(policy).toContain("style-src 'self';");
  expect(policy).toContain("connect-src 'self';");
  expect(policy).not.toMatch(/unsafe|\*|data:|upgrade-insecure/);
  expect(headers['x-content-type-options']).toBe('nosniff');
  expect(headers).not.toHaveProperty('x-powered-by');
  expect(headers).not.toHaveProperty('strict-transport-security');
});

test('answers of the API are not kept by caches', async () => {
  const { url } = await startHttp(openApi);
  const { headers } = await request(url).get('/api/status');
  expect(headers['cache-control']).toBe('no-store');
});

test.each(['flower', '/flower/'])(
  'with url_prefix %s everything is under it, and nothing beside it',
  async (urlPrefix) => {
    const { url } = await startHttp({ ...openApi, urlPrefix });
    const root = new URL(url).origin;
    expect(url).toBe(`${root}/flower`);
    for (const path of ['/healthcheck', '/api/status', '/tasks', '', '/']) {
      expect((await request(root).get(`/flower${path}`)).status).toBe(200);
    }
    for (const path of ['/healthcheck', '/api/status', '/tasks', '/', '/flowers/api/status']) {
      expect((await request(root).get(path)).status).toBe(404);
    }
  },
);

test('a prefix is text, not a pattern', async () => {
  const { url } = await startHttp({ ...openApi, urlPrefix: '/a(b):c' });
  expect((await request(new URL(url).origin).get('/a(b):c/api/status')).status).toBe(200);
});
