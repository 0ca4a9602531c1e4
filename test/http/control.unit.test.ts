import request from 'supertest';
import { beforeEach, describe, expect, it, test } from 'vitest';
import type { HttpOptions } from '../../server/http/server.ts';
import { WorkerRegistry } from '../../server/live/worker-registry.ts';
import { answerOf, FakeInspector, FakeOrders, openApi, startHttp } from '../helpers/http-server.ts';
import { sampleWorker } from '../helpers/samples.ts';

const orders = { current: new FakeOrders() };
const inspector = new FakeInspector();

async function start(options: Partial<HttpOptions> = openApi): Promise<string> {
  orders.current = new FakeOrders();
  inspector.inspections.set('w@inspected', {
    registered: ['tasks.held'],
    timestamp: 1,
  });
  const workers = new WorkerRegistry(10);
  workers.apply({ workers: [sampleWorker({ hostname: 'w@heard' })], counts: new Map() });
  return (await startHttp(options, { workers, inspector, orders: orders.current })).url;
}

let url: string;
beforeEach(async () => {
  url = await start();
});

const post = (path: string, form: Record<string, string> = {}) =>
  answerOf(request(url).post(`/api${path}`).type('form').send(form));

describe('an order to a worker', () => {
  const cases: [path: string, form: Record<string, string>, message: string, method: string, args: object][] = [
    ['/worker/shutdown/w@heard', {}, 'Shutting down!', 'shutdown', {}],
    ['/worker/pool/restart/w@heard', {}, "Restarting 'w@heard' worker's pool", 'pool_restart', { reload: false }],
    ['/worker/pool/grow/w@heard', {}, "Growing 'w@heard' worker's pool by 1", 'pool_grow', { n: 1 }],
    ['/worker/pool/grow/w%40heard', { n: '3' }, "Growing 'w@heard' worker's pool by 3", 'pool_grow', { n: 3 }],
    ['/worker/pool/shrink/w@inspected?n=2', {}, "Shrinking 'w@inspected' worker's pool by 2", 'pool_shrink', { n: 2 }],
    [
      '/worker/pool/autoscale/w@heard?max=10',
      { min: '3' },
      "Autoscaling 'w@heard' worker (min=3, max=10)",
      'autoscale',
      { min: 3, max: 10 },
    ],
    [
      '/worker/queue/add-consumer/w@heard?queue=a',
      { queue: 'b' },
      'done',
      'add_consumer',
      { queue: 'b', exchange: null, exchange_type: 'direct', routing_key: null },
    ],
    ['/worker/queue/cancel-consumer/w@heard?queue=q', {}, 'done', 'cancel_consumer', { queue: 'q' }],
    [
      '/task/timeout/tasks.add',
      { workername: 'w@heard', soft: '1.5', hard: '3' },
      'done',
      'time_limit',
      { task_name: 'tasks.add', soft: 1.5, hard: 3 },
    ],
    [
      '/task/rate-limit/tasks.held',
      { workername: 'w@heard', ratelimit: '10/m' },
      'done',
      'rate_limit',
      { task_name: 'tasks.held', rate_limit: '10/m' },
    ],
    [
      '/task/rate-limit/tasks.held',
      { workername: 'w@heard', ratelimit: '0' },
      'done',
      'rate_limit',
      { task_name: 'tasks.held', rate_limit: '' },
    ],
    [
      '/task/revoke/some-id',
      {},
      "Revoked 'some-id'",
      'revoke',
      { task_id: ['some-id'], terminate: false, signal: 'SIGTERM' },
    ],
    [
      '/task/revoke/an/id?terminate=TRUE&signal=kill',
      {},
      "Revoked 'an/id'",
      'revoke',
      { task_id: ['an/id'], terminate: true, signal: 'SIGKILL' },
    ],
  ];

  it.each(cases)('%s %o answers %s', async (path, form, message, method, args) => {
    const { status, body } = await post(path, form);
    expect({ status, body }).toEqual({ status: 200, body: { message } });
    expect(orders.current.given).toEqual([expect.objectContaining({ method, args }) as unknown]);
  });

  it.each([
    ['/worker/shutdown/w@nowhere', {}, 404, "Unknown worker 'w@nowhere'"],
    ['/worker/pool/grow/w@nowhere', { n: '1' }, 404, "Unknown worker 'w@nowhere'"],
    ['/worker/pool/grow/w@heard', { n: 'abc' }, 400, "Invalid argument 'abc' of type 'int'"],
    ['/worker/pool/autoscale/w@heard', { min: '1' }, 400, 'Missing argument max'],
    ['/worker/queue/add-consumer/w@heard', {}, 400, 'Missing argument queue'],
    ['/task/timeout/tasks.nosuch', { workername: 'w@heard', soft: '1' }, 404, "Unknown task 'tasks.nosuch'"],
    ['/task/timeout/tasks.add', { workername: 'w@nowhere', soft: '1' }, 404, "Unknown worker 'w@nowhere'"],
    ['/task/timeout/tasks.add', { workername: 'w@heard', soft: 'x' }, 400, "Invalid argument 'x' of type 'float'"],
    ['/task/revoke/id', { terminate: 'maybe' }, 400, "Invalid argument 'maybe' of type 'bool'"],
  ])('%s %o is refused as Flower refuses it, and nothing is sent', async (path, form, expected, sentence) => {
    const { status, text } = await post(path, form);
    expect({ status, text }).toEqual({ status: expected, text: sentence });
    expect(orders.current.given).toEqual([]);
  });

  it.each([
    ['/worker/pool/grow/w@heard', { n: '0' }, /n must be a whole number from 1/],
    ['/worker/pool/grow/w@heard', { n: '1000000' }, /n must be a whole number from 1/],
    ['/worker/pool/autoscale/w@heard', { min: '5', max: '2' }, /min must not be above max/],
    ['/worker/queue/add-consumer/w@heard', { queue: '' }, /queue must be text/],
    ['/worker/queue/add-consumer/w@heard', { queue: 'q'.repeat(256) }, /queue must be text/],
    ['/worker/queue/add-consumer/w@heard', { queue: 'q', exchange_type: 'x-delayed' }, /exchange_type must be/],
    ['/task/timeout/tasks.add', { workername: 'w@heard', soft: '9', hard: '3' }, /soft must not be above hard/],
    ['/task/timeout/tasks.add', { workername: 'w@heard', hard: '-3' }, /above 0/],
    ['/task/revoke/id', { terminate: '1', signal: 'SIGSTOP' }, /signal must be one of SIGTERM, SIGKILL/],
    [`/task/revoke/${'x'.repeat(300)}`, {}, /must be text/],
  ])('%s %o could hurt a worker, and is refused', async (path, form, sentence) => {
    const { status, text } = await post(path, form);
    expect(status).toBe(400);
    expect(text).toMatch(sentence);
    expect(orders.current.given).toEqual([]);
  });

  it('that the worker refuses is answered with its reason', async () => {
    orders.current.outcome = { ok: false, reason: "ValueError('no')" };
    const answers = [
      await post('/worker/pool/restart/w@heard'),
      await post('/worker/pool/grow/w@heard'),
      await post('/worker/queue/cancel-consumer/w@heard?queue=q'),
      await post('/task/timeout/tasks.add', { workername: 'w@heard' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
    expect(answers.map(({ text }) => text)).toEqual([
      "Failed to restart the 'w@heard' pool: ValueError('no')",
      "Failed to grow 'w@heard' worker's pool: ValueError('no')",
      "Failed to cancel 'q' consumer from 'w@heard' worker: ValueError('no')",
      "Failed to set timeouts: 'ValueError('no')'",
    ]);
  });

  it('with a rate limit that is none fails as if the worker had refused it', async () => {
    const { status, text } = await post('/task/rate-limit/tasks.add', { workername: 'w@heard', ratelimit: 'fast' });
    expect(status).toBe(403);
    expect(text).toMatch(/^Failed to set rate limit: 'Invalid rate limit string: .*'$/);
  });

  it('is looked at a moment later', async () => {
    await post('/worker/pool/grow/w@heard');
    expect(inspector.soon).toContain('w@heard');
  });
});

test.each(['GET', 'PUT', 'DELETE', 'PATCH'])('%s is not for orders', async (method) => {
  const { status } = await fetch(`${url}/api/worker/shutdown/w@heard`, { method });
  expect(status).toBe(405);
  expect(orders.current.given).toEqual([]);
});

test('with read_only nothing is done', async () => {
  url = await start({ ...openApi, readOnly: true });
  for (const path of ['/worker/shutdown/w@heard', '/worker/pool/grow/w@nowhere', '/task/revoke/id']) {
    const { status, text } = await post(path);
    expect({ status, text }).toEqual({ status: 403, text: 'Read only mode is enabled' });
  }
  expect(orders.current.given).toEqual([]);
});

describe('who may act', () => {
  const ada = `Basic ${Buffer.from('ada:pass').toString('base64')}`;
  const withPassword: Partial<HttpOptions> = { basicAuth: [{ user: 'ada', password: 'pass' }] };
  const act = async (headers: Record<string, string>): Promise<number> =>
    (await request(url).post('/api/worker/shutdown/w@heard').set(headers)).status;

  it('is nobody without authentication, also not our own page', async () => {
    url = await start({});
    const cookie = String((await request(url).get('/')).headers['set-cookie']).split(';')[0] ?? '';
    expect((await request(url).get('/api/status').set({ cookie })).status).toBe(200);
    expect(await act({})).toBe(401);
    expect(await act({ cookie, 'sec-fetch-site': 'same-origin' })).toBe(401);
  });

  it.each([
    ['an API open to all', openApi, {}],
    ['a password', withPassword, { authorization: ada }],
  ])('is a script or a page of ours with %s, and no page from elsewhere', async (_what, options, headers) => {
    url = await start(options);
    const { host, origin } = new URL(url);
    expect(await act(headers)).toBe(200);
    expect(await act({ ...headers, origin })).toBe(200);
    expect(await act({ ...headers, 'sec-fetch-site': 'same-origin', origin: 'https://behind.a.proxy' })).toBe(200);
    expect(await act({ ...headers, origin: 'https://evil.example' })).toBe(403);
    expect(await act({ ...headers, origin: 'null' })).toBe(403);
    expect(await act({ ...headers, origin: `http://${host}.evil.example` })).toBe(403);
    expect(await act({ ...headers, 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await act({ ...headers, 'sec-fetch-site': 'same-site', origin })).toBe(403);
    expect(orders.current.given).toHaveLength(3);
  });
});
