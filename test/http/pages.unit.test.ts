import request from 'supertest';
import { expect, test } from 'vitest';
import { answerOf, startHttp } from '../helpers/http-server.ts';

test.each([
  '/',
  '/tasks',
  '/task/some-id',
  '/task/a%2Fb',
  '/workers',
  '/worker/a%40b',
  '/broker',
  '/events',
  '/about',
  '/tasks?state=FAILURE',
])('%s is the app', async (path) => {
  const { url } = await startHttp();
  const { status, text, headers } = await request(url).get(path);
  expect(status).toBe(200);
  expect(text).toContain('<base href="/" />');
  expect(headers['content-type']).toBe('text/html; charset=utf-8');
  expect(headers['cache-control']).toContain('no-cache');
});

test.each(['/nowhere', '/index.html', '/task', '/Tasks', '/%3Cscript%3E'])(
  '%s is the app that says it is nowhere',
  async (path) => {
    const { url } = await startHttp();
    const { status, text } = await request(url).get(path);
    expect(status).toBe(404);
    expect(text).toContain('assets/app-4f3a.js');
    expect(text).not.toContain('<script>');
  },
);

test.each([
  ['flower', '<base href="/flower/" />'],
  ['a/b', '<base href="/a/b/" />'],
  ['a&b', '<base href="/a&amp;b/" />'],
])('the app finds its files under the prefix %s', async (urlPrefix, base) => {
  const { url } = await startHttp({ urlPrefix });
  const { text } = await request(url).get('/tasks');
  expect(text).toContain(base);
});

test('the app is told what the options say of it', async () => {
  const settings = { tasks_columns: ['name', '"<>'], auto_refresh: false, natural_time: true, result_backend: true };
  const { url } = await startHttp({ pageSettings: settings });
  const { text } = await request(url).get('/tasks');
  const content = /<meta name="herbarium" content="([^"]*)" \/>/.exec(text)?.[1] ?? '';
  expect(content).not.toContain('<');
  expect(JSON.parse(content.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&amp;', '&'))).toEqual({
    ...settings,
    may_act: false,
  });
});

test('assets are kept for a year, other files are asked for again', async () => {
  const { url } = await startHttp({ urlPrefix: 'flower' });
  const asset = await request(url).get('/assets/app-4f3a.js');
  expect(asset.status).toBe(200);
  expect(asset.headers['content-type']).toMatch('javascript');
  expect(asset.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  const icon = await request(url).get('/favicon.svg');
  expect(icon.status).toBe(200);
  expect(icon.headers['cache-control']).toBe('public, max-age=3600');
});

test('a missing asset is no page', async () => {
  const { url } = await startHttp();
  const { status, body } = await answerOf(request(url).get('/assets/app-0000.js'));
  expect(status).toBe(404);
  expect(body).toMatchObject({ code: 'not_found' });
});

test.each(['/../server/main.ts', '/..%2f..%2f..%2fpackage.json', '/assets/..%2f..%2fhttp-server.ts', '/%00', '/.env'])(
  '%s leads to nothing outside',
  async (path) => {
    const { url } = await startHttp();
    const { status, text } = await request(url).get(path);
    expect([400, 403, 404]).toContain(status);
    expect(text).not.toMatch(/"dependencies"|import /);
  },
);

test('says how to build the pages when they are missing', async () => {
  const { url } = await startHttp({}, { webRoot: '/nowhere' });
  const { status, body } = await answerOf(request(url).get('/'));
  expect(status).toBe(501);
  expect(body).toMatchObject({ error: 'The web pages are not built: run `npm run build`' });
});
