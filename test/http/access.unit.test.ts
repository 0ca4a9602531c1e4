import request from 'supertest';
import { describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { PageSession } from '../../server/auth/page-session.ts';
import type { HttpOptions } from '../../server/http/server.ts';
import { answerOf, startHttp } from '../helpers/http-server.ts';

const sentence = 'FLOWER_UNAUTHENTICATED_API environment variable is required to enable API without authentication';
const withPassword = {
  basicAuth: [
    { user: 'ada', password: 'pa:ss' },
    { user: 'zoë', password: 'пароль🔑' },
  ],
};
const basic = (text: string) => ({ Authorization: `Basic ${Buffer.from(text).toString('base64')}` });
const ada = basic('ada:pa:ss');
const zoë = basic('zoë:пароль🔑');
const mixed = basic('ada:пароль🔑');
const wrong = basic('ada:pa');

type Headers = Record<string, string>;

/** The status of a WebSocket handshake; 101 when it was let in. */
function shake(url: string, headers: Headers = {}): Promise<number | undefined> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/live`, { headers });
    socket
      .on('open', () => resolve(101))
      .on('unexpected-response', (_request, response) => resolve(response.statusCode));
    socket.on('open', () => socket.close()).on('error', () => undefined);
  });
}

async function statuses(url: string, headers: Headers = {}) {
  const get = async (path: string) => (await request(url).get(path).set(headers)).status;
  return {
    page: await get('/tasks'),
    asset: await get('/assets/app-4f3a.js'),
    api: await get('/api/status'),
    unknownApi: await get('/api/nothing'),
    live: await shake(url, headers),
    health: await get('/healthcheck'),
    metrics: await get('/metrics'),
  };
}

async function openPage(url: string): Promise<{ cookie: string; header: string }> {
  const { headers } = await request(url).get('/');
  const header = String(headers['set-cookie']);
  return { cookie: header.split(';')[0] ?? '', header };
}

describe('who may do what', () => {
  const everything = { page: 200, asset: 200, api: 200, unknownApi: 404, live: 101, health: 200, metrics: 200 };
  const pagesOnly = { page: 200, asset: 200, api: 401, unknownApi: 401, live: 401, health: 200, metrics: 200 };
  const probesOnly = { page: 401, asset: 401, api: 401, unknownApi: 401, live: 401, health: 200, metrics: 200 };

  const cases: [string, Partial<HttpOptions>, Headers, object][] = [
    ['no authentication', {}, {}, pagesOnly],
    ['no authentication, a password for nothing', {}, ada, pagesOnly],
    ['an API open to all', { unauthenticatedApi: true }, {}, everything],
    ['basic_auth and no password', withPassword, {}, probesOnly],
    ['basic_auth and a wrong password', withPassword, wrong, probesOnly],
    ['basic_auth and the password', withPassword, ada, everything],
    ['basic_auth and the password of a second user', withPassword, zoë, everything],
    ["basic_auth and another user's password", withPassword, mixed, probesOnly],
    ['basic_auth, an API open to all, and no password', { ...withPassword, unauthenticatedApi: true }, {}, probesOnly],
  ];

  test.each(cases)('%s', async (_what, options, headers, expected) => {
    const { url } = await startHttp(options);
    expect(await statuses(url, headers)).toEqual(expected);
  });

  test('no authentication, on our own page', async () => {
    const { url } = await startHttp();
    const { cookie } = await openPage(url);
    expect(await statuses(url, { Cookie: cookie })).toEqual(everything);
  });
});

test('the refusal of the API is the sentence of Flower', async () => {
  const { url } = await startHttp();
  const { text, headers } = await request(url).get('/api/tasks');
  expect(text).toBe(sentence);
  expect(headers['content-type']).toMatch('text/plain');
  expect(headers).not.toHaveProperty('www-authenticate');
});

test('a browser is asked for a password', async () => {
  const { url } = await startHttp(withPassword);
  const { headers, body } = await answerOf(request(url).get('/'));
  expect(headers['www-authenticate']).toMatch(/^Basic realm="/);
  expect(body).toMatchObject({ code: 'unauthenticated' });
  expect(headers).not.toHaveProperty('set-cookie');
});

test('a person who declines is told what is needed, by a page that needs no other file', async () => {
  const { url } = await startHttp(withPassword);
  const asBrowser = { Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };
  const { status, headers, text } = await answerOf(request(url).get('/tasks?q=state:FAILURE').set(asBrowser));
  expect(status).toBe(401);
  expect(headers['www-authenticate']).toMatch(/^Basic realm="/);
  expect(headers['content-type']).toBe('text/html; charset=utf-8');
  expect(text).toContain('Sign in to Herbarium');
  expect(text).not.toMatch(/<(script|link|img)|https?:/);
  expect(headers['content-security-policy']).toMatch(/default-src 'none'; style-src 'sha256-/);
  // The API answers programs, whatever they accept.
  const api = await answerOf(request(url).get('/api/tasks').set(asBrowser));
  expect(api.body).toMatchObject({ code: 'unauthenticated' });
});

describe('the pass of a page', () => {
  test('is out of reach of scripts and of other sites, for a day, under the prefix', async () => {
    const { url } = await startHttp({ urlPrefix: 'flower' });
    const { header } = await openPage(url);
    expect(header).toMatch(/; HttpOnly(;|$)/);
    expect(header).toMatch(/; SameSite=Strict(;|$)/);
    expect(header).toMatch(/; Path=\/flower\/(;|$)/);
    expect(header).toMatch(/; Max-Age=86400(;|$)/);
    expect(header).not.toMatch(/Secure/);
  });

  test('is Secure behind a proxy that speaks TLS, when we are told to believe it', async () => {
    const passBehindProxy = async (xheaders: boolean) => {
      const { url } = await startHttp({ xheaders });
      const { headers } = await request(url).get('/').set('X-Forwarded-Proto', 'https');
      return String(headers['set-cookie']);
    };
    expect(await passBehindProxy(true)).toMatch(/; Secure/);
    expect(await passBehindProxy(false)).not.toMatch(/; Secure/);
  });

  test('is not given where it is not needed', async () => {
    const { url } = await startHttp({ unauthenticatedApi: true });
    expect((await request(url).get('/')).headers).not.toHaveProperty('set-cookie');
  });

  test('reads, and never acts', async () => {
    const { url } = await startHttp();
    const { cookie } = await openPage(url);
    for (const method of ['post', 'put', 'delete', 'patch'] as const) {
      const { status, text } = await request(url)[method]('/api/tasks').set('Cookie', cookie);
      expect([status, text]).toEqual([401, sentence]);
    }
    expect((await request(url).head('/api/tasks').set('Cookie', cookie)).status).toBe(200);
  });

  test.each([
    ['signed with a guess', new PageSession('guess', 0).issue(Date.now() / 1000)],
    ['signed for a longer time', `99999999999.${new PageSession('a secret of the tests', 0).issue(0).split('.')[1]}`],
    ['that is over', new PageSession('a secret of the tests', 0).issue(Date.now() / 1000 - 86_401)],
    ['without a signature', '99999999999.'],
    ['that is nonsense', 'x'],
  ])('one %s opens nothing', async (_what, value) => {
    const { url } = await startHttp();
    const headers = { Cookie: `herbarium_page_0=${value}` };
    expect(await statuses(url, headers)).toMatchObject({ api: 401, live: 401 });
  });

  test('opens nothing where there is a password', async () => {
    const { url } = await startHttp(withPassword);
    const value = new PageSession('a secret of the tests', 0).issue(Date.now() / 1000);
    expect(await statuses(url, { Cookie: `herbarium_page_0=${value}` })).toMatchObject({
      page: 401,
      api: 401,
      live: 401,
    });
  });

  test('is of one server only when no secret is set', async () => {
    const one = await startHttp({ cookieSecret: null });
    const other = await startHttp({ cookieSecret: null });
    const { cookie } = await openPage(one.url);
    expect(await statuses(one.url, { Cookie: cookie })).toMatchObject({ api: 200 });
    expect(await statuses(other.url, { Cookie: cookie })).toMatchObject({ api: 401 });
  });
});

describe('pages of other origins', () => {
  const evil = { Origin: 'https://evil.example' };

  test('may open no live stream, whatever they carry', async () => {
    const closed = await startHttp();
    const { cookie } = await openPage(closed.url);
    expect(await shake(closed.url, { ...evil, Cookie: cookie })).toBe(403);
    const open = await startHttp({ unauthenticatedApi: true });
    expect(await shake(open.url, evil)).toBe(403);
    expect(await shake(open.url, { Origin: 'null' })).toBe(403);
    expect(await shake(open.url, { Origin: new URL(open.url).origin })).toBe(101);
  });

  test('are told apart by the host that a trusted proxy tells of', async () => {
    const asked = { Origin: 'https://flower.example', 'X-Forwarded-Host': 'flower.example' };
    const trusting = await startHttp({ unauthenticatedApi: true, xheaders: true });
    expect(await shake(trusting.url, asked)).toBe(101);
    expect(await shake(trusting.url, { ...asked, ...evil })).toBe(403);
    const plain = await startHttp({ unauthenticatedApi: true });
    expect(await shake(plain.url, asked)).toBe(403);
  });

  test('may use an API that is open to all, and only that', async () => {
    const open = await startHttp({ unauthenticatedApi: true });
    expect((await request(open.url).get('/api/status').set(evil)).headers['access-control-allow-origin']).toBe('*');
    expect((await request(open.url).get('/tasks').set(evil)).headers).not.toHaveProperty('access-control-allow-origin');
    const closed = await startHttp();
    const { cookie } = await openPage(closed.url);
    const read = await request(closed.url)
      .get('/api/status')
      .set({ ...evil, Cookie: cookie });
    expect(read.headers).not.toHaveProperty('access-control-allow-origin');
  });

  test('learn of CORS by OPTIONS only where there is no authentication', async () => {
    const options = async (server: Partial<HttpOptions>, path: string) => {
      const { url } = await startHttp(server);
      return request(url).options(path);
    };
    for (const path of ['/api/tasks', '/api/nothing', '/']) {
      const free = await options({}, path);
      expect(free.status).toBe(204);
      expect(free.headers['access-control-allow-origin']).toBe('*');
      const guarded = await options(withPassword, path);
      expect(guarded.status).toBe(204);
      expect(guarded.headers).not.toHaveProperty('access-control-allow-origin');
    }
  });
});
