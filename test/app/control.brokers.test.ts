import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { InspectionsBody } from '../../server/contract/workers.ts';
import { ask, asText, type Answer } from '../helpers/answers.ts';
import { arbitraryRequest } from '../helpers/arbitrary-requests.ts';
import { askCelery, startCallee } from '../helpers/callee.ts';
import type { TestWorker } from '../helpers/celery.ts';
import { actingRequests, calls, ends, farewell, orders, questions, type Asked } from '../helpers/flower-routes.ts';
import { makeVhost } from '../helpers/rabbitmq.ts';
import { startRedisServer, type RedisServer } from '../helpers/redis-server.ts';
import { startServer, type RunningServer } from '../helpers/server.ts';
import { getJson, patiently, untilConnected } from '../helpers/stage.ts';
import { makeStore, type TestStore } from '../helpers/stores.ts';

/** As long as the fuzz may take, on a machine that has much else to do. */
const fuzzMs = 15_000;
const seed = Number(process.env['FUZZ_SEED'] ?? 4711);
const names = ['old@test', 'new@test'] as const;

function toInit(method: string, { form, body }: Asked): RequestInit {
  if (form) return { method, body: new URLSearchParams(form) };
  return { method, body: typeof body === 'string' || body === undefined ? body : JSON.stringify(body) };
}

describe.each([
  ['redis', 'sqlite'],
  ['amqp', 'postgres'],
] as const)("Flower's API over %s, with %s", (kind, engine) => {
  let redis: RedisServer;
  let broker: { url: string; remove(): Promise<void> };
  let store: TestStore;
  let server: RunningServer;
  let workers: TestWorker[] = [];

  const toRedis = (db: number): string => `redis://127.0.0.1:${redis.port}/${db}`;
  const start = (args: string[] = []): Promise<RunningServer> => {
    // However busy the machine is, workers answer within that; who is asked by name is not waited for after it answered.
    const limits = ['--inspect-timeout', '8000', '--inspect-interval', '0', '--no-reconcile'];
    return startServer({
      broker: broker.url,
      db: store.db,
      args: [...limits, '--result-backend', toRedis(1), ...args],
    });
  };

  beforeAll(async () => {
    [redis, store] = await Promise.all([startRedisServer(), makeStore(engine)]);
    broker = kind === 'redis' ? { url: toRedis(0), remove: () => Promise.resolve() } : await makeVhost('control');
    // Before the workers: those that come online are asked at once.
    server = await start();
    await untilConnected(server);
    const shared = { brokerUrl: broker.url, resultBackend: toRedis(1) };
    workers = await Promise.all([
      startCallee({ ...shared, name: 'old@test', celery: 'python', args: ['-Q', 'celery,old'] }),
      startCallee({
        ...shared,
        name: 'new@test',
        celery: 'celeryNewest',
        args: ['-Q', 'celery,new', '--autoscale', '3,1', '--', 'worker_pool_restarts=true'],
      }),
    ]);
  });
  afterAll(async () => {
    await server.kill();
    await Promise.all(workers.map((worker) => worker.kill()));
    await broker.remove();
    await Promise.all([redis.remove(), store.remove()]);
  });

  const to = (path: string): string => `${server.url}${path}`;
  const post = (path: string): Promise<Answer> => ask(to(path), { method: 'POST' });
  const readWorkers = (query = ''): Promise<InspectionsBody> => getJson(to(`/api/workers${query}`));

  /** What can be asked again is: workers and events take their time. */
  async function check(routes: Record<string, readonly Asked[]>): Promise<void> {
    for (const [route, exchanges] of Object.entries(routes)) {
      const [method = '', place = ''] = route.split(' ');
      for (const asked of exchanges) {
        const compare = async (): Promise<void> => {
          const answer = await ask(to(`${place}${asked.path ?? ''}`), toInit(method, asked));
          expect(answer, `${route}${asked.path ?? ''}`).toEqual(asked.answer);
        };
        await (method === 'GET' ? vi.waitFor(compare, patiently) : compare());
      }
    }
  }

  /** Asks each worker by name whether it is there. */
  async function checkPulse(): Promise<void> {
    for (const name of names) {
      const before = (await readWorkers())[name]!.timestamp;
      const { timestamp } = (await readWorkers(`?refresh=1&workername=${name}`))[name]!;
      expect(timestamp, workers.map(({ log }) => log.slice(-3000)).join('\n')).toBeGreaterThan(before);
    }
  }

  it('tells of workers soon after they started, without anybody asking for it', async () => {
    await vi.waitFor(async () => expect(Object.keys(await readWorkers()).sort()).toEqual([...names].sort()), patiently);
    for (const { stats, registered } of Object.values(await readWorkers())) {
      expect(stats).not.toHaveProperty('broker.alternates');
      expect(registered).toContain('callee.add');
    }
  });

  it("sends tasks that run, and whose results Celery's own client reads", async () => {
    await check(calls);
    const backend = { brokerUrl: broker.url, resultBackend: toRedis(1) };
    expect(await askCelery('sum', backend)).toEqual({ state: 'SUCCESS', result: 3 });
    expect(await askCelery('failure', backend)).toEqual({ state: 'FAILURE', result: "ValueError('boom')" });
  });

  it('answers every question', async () => {
    await check(questions);
    expect((await fetch(to('/api/tasks'), { method: 'OPTIONS' })).status).toBe(204);
  });

  it('ends what is aborted, revoked or terminated', async () => {
    await check(ends);
    const find = (id: string) => getJson<{ state: string; result: unknown }>(to(`/api/task/info/${id}`));
    await vi.waitFor(async () => {
      expect(await find('abortable')).toMatchObject({ state: 'SUCCESS', result: "'stopped'" });
      expect(await find('running')).toMatchObject({ state: 'REVOKED' });
    }, patiently);
    for (const name of names) {
      expect((await readWorkers(`?refresh=1&workername=${name}`))[name]!.revoked).toContain('waiting');
    }
  });

  it("has workers follow orders, or says why not, in Flower's words", async () => {
    await check(orders);
    await vi.waitFor(async () => {
      const { 'old@test': old, 'new@test': newest } = await readWorkers();
      expect((old!.stats as { pool: { processes: number[] } }).pool.processes).toHaveLength(3);
      expect(old!.registered).toContain('callee.dates [rate_limit=10/m]');
      const queuesOf = (queues: unknown) => (queues as { name: string }[]).map((queue) => queue.name).sort();
      expect(queuesOf(old!.active_queues)).toEqual(['celery', 'old']);
      expect(queuesOf(newest!.active_queues)).toEqual(['celery', 'moss', 'new']);
    }, patiently);
  });

  it('bears whatever it is sent, and so do the workers', async () => {
    const requests = fc.sample(arbitraryRequest(names, 'callee.add'), { seed, numRuns: 300 });
    const [until, statuses] = [performance.now() + fuzzMs, new Set<number>()];
    const send = async (): Promise<void> => {
      for (let next = requests.pop(); next && performance.now() < until; next = requests.pop()) {
        const { status, body } = await ask(to(`/api/${next.path}`), next.init);
        statuses.add(status);
        const what = `FUZZ_SEED=${seed}: ${next.path.slice(0, 300)} ${JSON.stringify(next.init).slice(0, 500)}: ${JSON.stringify(body)}`;
        expect([200, 400, 403, 404, 413, 415], what).toContain(status);
      }
    };
    await Promise.all(Array.from({ length: 6 }, send));
    expect([...statuses]).toEqual(expect.arrayContaining([200, 400, 404]));
    await checkPulse();
  });

  it('leaves workers alone for what is no POST', async () => {
    for (const { path } of actingRequests) expect((await ask(to(path))).status, path).toBe(405);
    expect((await ask(to('/api/worker/pool/grow/old@test'), { method: 'PUT' })).status).toBe(405);
    expect((await post('/api/workers')).status).toBe(405);
  });

  it('still tells of a worker that ended when it was started anew, to read only', async () => {
    const { conf } = (await readWorkers())['old@test']!;
    await check(farewell);
    await vi.waitFor(
      async () => expect(await getJson(to('/api/workers?status=1'))).toMatchObject({ 'old@test': false }),
      patiently,
    );
    expect(await server.stop()).toBe(0);
    server = await start(['--read-only']);
    expect((await readWorkers('?workername=old@test'))['old@test']).toMatchObject({ conf });
    expect(await getJson(to('/api/workers?status=1'))).toMatchObject({ 'old@test': false });
    for (const { path } of actingRequests) {
      expect(await post(path), path).toEqual(asText(403, 'Read only mode is enabled'));
    }
    expect(workers[1]!.log).not.toMatch(/Unrecoverable/);
  });
});

it('without authentication the API says how to open it, and does nothing', async () => {
  const store = await makeStore('sqlite');
  const broker = 'redis://127.0.0.1:1/0';
  const server = await startServer({ broker, db: store.db, env: { FLOWER_UNAUTHENTICATED_API: 'false' } });
  const closed = 'FLOWER_UNAUTHENTICATED_API environment variable is required to enable API without authentication';
  const reads = Object.keys(questions).filter((route) => route.startsWith('GET /api/'));
  const answers = await Promise.all([
    ...actingRequests.map(({ path }) => ask(server.url + path, { method: 'POST' })),
    ...reads.map((route) => ask(server.url + route.replace('GET ', ''))),
  ]);
  for (const answer of answers) expect(answer).toEqual(asText(401, closed));
  expect((await ask(`${server.url}/healthcheck`)).status).toBe(200);
  await server.kill();
  await store.remove();
});
