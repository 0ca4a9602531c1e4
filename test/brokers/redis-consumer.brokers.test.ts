import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readEventsPlainly } from './read-events-plainly.ts';
import { AppError } from '../../server/errors.ts';
import { startCeleryPeer } from '../helpers/celery-peer.ts';
import { watchConsumer, type ConsumerWatch } from '../helpers/consumer-watch.ts';
import { startRedisServer } from '../helpers/redis-server.ts';
import { readServices } from '../helpers/services.ts';
import { openTcpProxy } from '../helpers/tcp-proxy.ts';

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

function watch(options: Parameters<typeof watchConsumer>[0]): ConsumerWatch {
  const watched = watchConsumer(options);
  endings.push(() => watched.consumer.stop());
  return watched;
}

async function startPeer(...args: Parameters<typeof startCeleryPeer>) {
  const peer = await startCeleryPeer(...args);
  endings.push(() => peer.stop());
  return peer;
}

async function startServer(...args: Parameters<typeof startRedisServer>) {
  const server = await startRedisServer(...args);
  endings.push(() => server.remove());
  return server;
}

function openPublisher(port: number, password?: string): Redis {
  const redis = new Redis({ port, host: '127.0.0.1', password });
  redis.on('error', () => undefined);
  endings.push(() => redis.disconnect());
  return redis;
}

/** The services' Redis, with another database in its URL. */
function toServiceUrl(db: number): string {
  return readServices().redis.url.replace(/\/\d*$/, `/${String(db)}`);
}

/** Both ways at once: an event of Celery's dispatcher comes in, and a broadcast is heard by Celery's mailbox. */
async function expectBothWays(watched: ConsumerWatch, peer: Awaited<ReturnType<typeof startCeleryPeer>>) {
  const uuid = randomUUID();
  await watched.untilConnected();
  peer.send({ type: 'task-started', uuid });
  await vi.waitFor(
    () => expect(readEventsPlainly(watched.deliveries)).toMatchObject([{ type: 'task-started', uuid }]),
    30_000,
  );
  const body = { method: 'enable_events', arguments: { from: uuid }, destination: null, pattern: null, matcher: null };
  await watched.consumer.broadcast({ body: JSON.stringify(body), headers: { clock: 1, expires: 0 } });
  await vi.waitFor(() => expect(peer.heard).toEqual([{ from: uuid }]), 10_000);
}

describe('a Redis consumer and real Celery', () => {
  it('talk over redis://', async () => {
    const url = toServiceUrl(1);
    const peer = await startPeer(url);
    const watched = watch({ url });
    await expectBothWays(watched, peer);
    expect(watched.deliveries[0]).toMatchObject({ envelope: true, routingKey: 'task.started', tag: 1 });
    expect(Math.abs((watched.deliveries[0]?.receivedAtMs ?? 0) - Date.now())).toBeLessThan(20_000);
  });

  it('talk over a unix socket', async () => {
    const url = `redis+socket://${readServices().redis.socketPath}?virtual_host=2`;
    await expectBothWays(watch({ url }), await startPeer(url));
  });

  it('talk over TLS, with the certificate checked', async () => {
    const { tlsUrl, caPath } = readServices().redis;
    const url = `${tlsUrl.replace(/\/\d*$/, '/3')}?ssl_cert_reqs=required&ssl_ca_certs=${encodeURIComponent(caPath)}`;
    await expectBothWays(watch({ url }), await startPeer(url));
  });

  it.each([
    [4, { global_keyprefix: 'pfx:' }, { globalKeyprefix: 'pfx:' }],
    [5, { fanout_prefix: false }, { fanoutPrefix: false }],
    [6, { fanout_prefix: '/custom.' }, { fanoutPrefix: '/custom.' }],
    [7, { fanout_patterns: false }, { fanoutPatterns: false }],
  ])('talk in database %i with %j', async (db, theirs, transport) => {
    const url = toServiceUrl(db);
    const exchanges = { event_exchange: `ev${String(db)}`, control_exchange: `ctl${String(db)}` };
    const peer = await startPeer(url, { broker_transport_options: theirs, ...exchanges });
    const own = { eventExchange: exchanges.event_exchange, controlExchange: exchanges.control_exchange };
    await expectBothWays(watch({ url, transport, ...own }), peer);
  });

  it('talk through a sentinel, to a master with a password of its own', async () => {
    const master = await startServer(['--requirepass', 'masterpw']);
    const monitored = [
      '--requirepass',
      'sentinelpw',
      '--sentinel',
      'monitor',
      'mymaster',
      '127.0.0.1',
      String(master.port),
      '1',
    ];
    const sentinel = await startServer([...monitored, '--sentinel', 'auth-pass', 'mymaster', 'masterpw'], 'sentinel');
    const url = `sentinel://:masterpw@127.0.0.1:1/2;sentinel://:masterpw@127.0.0.1:${String(sentinel.port)}/2`;
    const options = { master_name: 'mymaster', sentinel_kwargs: { password: 'sentinelpw' } };
    const peer = await startPeer(url, { broker_transport_options: options });
    await expectBothWays(watch({ url, transport: { masterName: 'mymaster', sentinelPassword: 'sentinelpw' } }), peer);
  });
});

describe('a Redis consumer', () => {
  it('leaves nothing behind in the database', async () => {
    const server = await startRedisServer();
    endings.push(() => server.remove());
    const url = `redis://127.0.0.1:${String(server.port)}/8`;
    const watched = watch({ url });
    await watched.untilConnected();
    await watched.consumer.broadcast({ body: '{}', headers: {} });
    const redis = new Redis(url);
    endings.push(() => redis.disconnect());
    expect(await redis.keys('*')).toEqual([]);
    expect(await redis.pubsub('NUMPAT')).toBeGreaterThan(0);
    await watched.consumer.stop();
    await vi.waitFor(async () => expect(await redis.client('LIST')).not.toContain('name=herbarium '), {
      timeout: 30_000,
    });
  });

  it('takes what is published to another database for no concern of its own', async () => {
    const watched = watch({ url: toServiceUrl(9) });
    await watched.untilConnected();
    const redis = new Redis(toServiceUrl(9));
    endings.push(() => redis.disconnect());
    await redis.publish('/10.celeryev/task.multi', 'theirs');
    await redis.publish('/9.celeryev/task.multi', 'ours');
    await watched.untilBodies(['ours']);
  });

  it('comes back after a restart of the server, and goes on counting', async () => {
    const server = await startServer(['--requirepass', 'hunter2']);
    const watched = watch({ url: `redis://:hunter2@127.0.0.1:${String(server.port)}/0` });
    await watched.untilConnected();
    const redis = openPublisher(server.port, 'hunter2');
    await redis.publish('/0.celeryev/worker.online', 'before');
    await watched.untilBodies(['before']);
    await server.kill();
    await watched.untilError(/redis:\/\/:\*\*@127.0.0.1:\d+\/0: connect ECONNREFUSED/);
    await expect(watched.consumer.broadcast({ body: '{}', headers: {} })).rejects.toThrow(AppError);
    await server.start();
    await watched.untilConnected();
    await openPublisher(server.port, 'hunter2').publish('/0.celeryev/worker.online', 'after');
    await watched.untilBodies(['before', 'after']);
    expect(watched.deliveries.map(({ tag }) => tag)).toEqual([1, 2]);
    await watched.consumer.broadcast({ body: '{}', headers: {} });
    expect(JSON.stringify([watched.states, watched.logged])).not.toContain('hunter2');
  });

  it('takes the first broker of a failover list that answers', async () => {
    const url = `redis://:pw1@127.0.0.1:1/0;${toServiceUrl(11)}`;
    const watched = watch({ url });
    await watched.untilConnected();
    expect(watched.states).toHaveLength(1);
    expect(watched.consumer.maskedUrl).toBe(url.replace('pw1', '**'));
  });

  it('notices a server that is silent without having closed the connection', async () => {
    const server = await startServer();
    const proxy = await openTcpProxy(server.port);
    endings.push(() => proxy.close());
    const url = `redis://127.0.0.1:${String(proxy.port)}/0?connect_timeout=0.3`;
    const watched = watch({ url, pingEveryMs: 200 });
    await watched.untilConnected();
    proxy.freeze();
    await watched.untilError(/Redis has been silent for 0.4 s/);
    await watched.untilError(/Redis did not answer within 0.3 s/);
    proxy.thaw();
    await watched.untilConnected();
    await openPublisher(server.port).publish('/0.celeryev/worker.online', 'heard again');
    await watched.untilBodies(['heard again']);
  });

  it('takes a refused PING for a sign of life', async () => {
    const server = await startServer();
    const admin = openPublisher(server.port);
    await admin.call('ACL', 'SETUSER', 'mon', 'on', '>pw', 'allchannels', '-@all', '+psubscribe');
    const watched = watch({ url: `redis://mon:pw@127.0.0.1:${String(server.port)}/0`, pingEveryMs: 500 });
    await watched.untilConnected();
    const countRefused = async (): Promise<number> =>
      Number(/cmdstat_ping:.*rejected_calls=(\d+)/.exec(await admin.info('commandstats'))?.[1] ?? 0);
    await vi.waitFor(async () => expect(await countRefused()).toBeGreaterThan(4), 30_000);
    expect(watched.states).toMatchObject([{ connected: true }]);
  });

  it('says since when a silent server has been silent', async () => {
    const server = await startServer();
    const proxy = await openTcpProxy(server.port);
    endings.push(() => proxy.close());
    const watched = watch({ url: `redis://127.0.0.1:${String(proxy.port)}/0?connect_timeout=0.3`, pingEveryMs: 300 });
    await watched.untilConnected();
    await openPublisher(server.port).publish('/0.celeryev/worker.online', 'last words');
    await watched.untilBodies(['last words']);
    const frozenMs = Date.now();
    proxy.freeze();
    await watched.untilError(/Redis has been silent/);
    const { sinceMs } = watched.states[1]!;
    expect(sinceMs).toBeLessThanOrEqual(frozenMs);
    expect(sinceMs).toBeGreaterThanOrEqual(watched.deliveries[0]!.receivedAtMs);
  });

  it('finds out that the server cut it off for being slow', async () => {
    const server = await startServer(['--client-output-buffer-limit', 'pubsub 1mb 1mb 0']);
    const watched = watch({ url: `redis://127.0.0.1:${String(server.port)}/0` });
    await watched.untilConnected();
    expect(watched.states[0]).not.toHaveProperty('cause');
    const redis = openPublisher(server.port);
    // In one go, for which the server has not the time to send them on: at some point nobody is subscribed any more.
    const burst = () => Array.from({ length: 40 }, () => redis.publish('/0.celeryev/task.multi', 'x'.repeat(500_000)));
    await vi.waitFor(async () => expect((await Promise.all(burst())).at(-1)).toBe(0), { timeout: 30_000, interval: 1 });
    await vi.waitFor(() => expect(watched.states).toHaveLength(3), { timeout: 30_000 });
    expect(watched.states).toMatchObject([
      { connected: true },
      { connected: false, error: expect.stringMatching(/Redis closed the connection/) as string },
      { connected: true, cause: 'cut-off' },
    ]);
  });

  it('takes neither a restart of the server nor an end by hand for being cut off', async () => {
    const server = await startServer();
    const watched = watch({ url: `redis://127.0.0.1:${String(server.port)}/0` });
    await watched.untilConnected();
    await openPublisher(server.port).call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await vi.waitFor(() => expect(watched.states).toHaveLength(3), { timeout: 30_000 });
    await server.kill();
    await vi.waitFor(() => expect(watched.states.at(-1)).toMatchObject({ connected: false }), { timeout: 30_000 });
    await server.start();
    await watched.untilConnected();
    expect(watched.states.filter((state) => 'cause' in state)).toEqual([]);
  });

  it('stops within seconds while an attempt to connect hangs', async () => {
    const proxy = await openTcpProxy(Number(new URL(readServices().redis.url).port));
    endings.push(() => proxy.close());
    proxy.freeze();
    const watched = watch({ url: `redis://127.0.0.1:${String(proxy.port)}/0?connect_timeout=60` });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(watched.states).toEqual([]);
    const startedMs = performance.now();
    await watched.consumer.stop();
    expect(performance.now() - startedMs).toBeLessThan(20_000);
    expect(watched.states.at(-1)).toMatchObject({ connected: false, error: null });
  });

  it('says that the password is wrong, and does not say which it was', async () => {
    const server = await startServer(['--requirepass', 'right']);
    const watched = watch({ url: `redis://:hunter2@127.0.0.1:${String(server.port)}/0` });
    const error = await watched.untilError(/WRONGPASS|invalid password/);
    expect(error + watched.logged.join()).not.toContain('hunter2');
  });

  it('says that the certificate is not to be trusted', async () => {
    const watched = watch({ url: `${readServices().redis.tlsUrl}?ssl_cert_reqs=required` });
    await watched.untilError(/self-signed certificate/);
  });

  it('warns where rediss:// accepts any certificate', async () => {
    const watched = watch({ url: readServices().redis.tlsUrl });
    await watched.untilConnected();
    expect(watched.logged[0]).toMatch(/certificate is not checked/);
  });

  it('names the file of a certificate that it cannot read', async () => {
    const watched = watch({ url: `${readServices().redis.tlsUrl}?ssl_ca_certs=/nowhere/ca.pem` });
    await watched.untilError(/cannot read the file of ssl_ca_certs: ENOENT.*nowhere/);
  });

  it('says which master a sentinel does not know, and that all sentinels are down', async () => {
    const sentinel = await startServer([], 'sentinel');
    const port = String(sentinel.port);
    const watched = watch({ url: `sentinel://127.0.0.1:${port}`, transport: { masterName: 'nobody' } });
    await watched.untilError(/nobody/);
    await sentinel.kill();
    await watched.untilError(new RegExp(`failed to connect to sentinel 127.0.0.1:${port}`));
  });

  it('asks for the name of the master of a sentinel', () => {
    expect(() => watchConsumer({ url: 'sentinel://h' })).toThrow(/needs the name of its master: .*master_name/);
  });
});
