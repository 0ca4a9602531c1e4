import { randomUUID } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { connect, type Channel, type Options } from 'amqplib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../../server/errors.ts';
import { startCeleryPeer } from '../helpers/celery-peer.ts';
import { watchConsumer, type ConsumerWatch } from '../helpers/consumer-watch.ts';
import { makeVhost, type TestVhost } from '../helpers/rabbitmq.ts';
import { readServices } from '../helpers/services.ts';
import { openTcpProxy } from '../helpers/tcp-proxy.ts';
import { readEventsPlainly } from './read-events-plainly.ts';

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function openVhost(name: string): Promise<TestVhost> {
  const vhost = await makeVhost(`herbarium test/${name}`);
  endings.push(() => vhost.remove());
  return vhost;
}

function watch(options: Parameters<typeof watchConsumer>[0]): ConsumerWatch {
  const watched = watchConsumer(options);
  endings.push(() => watched.consumer.stop());
  return watched;
}

async function openChannel(url: string): Promise<Channel> {
  const connection = await connect(url);
  connection.on('error', () => undefined);
  endings.push(() => connection.close().catch(() => undefined));
  const channel = await connection.createChannel();
  channel.on('error', () => undefined);
  return channel;
}

/** Publishes bodies as Celery does its events. */
async function openEventPublisher(url: string) {
  const channel = await openChannel(url);
  await channel.assertExchange('celeryev', 'topic', { durable: true });
  const json = {
    contentType: 'application/json',
    contentEncoding: 'utf-8',
    deliveryMode: 1,
    headers: { hostname: 'w@h' },
  };
  return (body: string | Buffer, options: Options.Publish = {}) =>
    void channel.publish('celeryev', 'task.multi', Buffer.from(body), { ...json, ...options });
}

async function expectBothWays(watched: ConsumerWatch, url: string) {
  const peer = await startCeleryPeer(url);
  endings.push(() => peer.stop());
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

describe('an AMQP consumer and real Celery', () => {
  it.each(['amqp', 'pyamqp'])('talk over %s://', async (scheme) => {
    const vhost = await openVhost(scheme);
    const url = vhost.url.replace('amqp', scheme);
    const watched = watch({ url });
    await expectBothWays(watched, url);
    const [delivery] = watched.deliveries;
    expect(delivery).toMatchObject({
      envelope: false,
      routingKey: 'task.started',
      tag: 1,
      headers: { hostname: 'peer@test' },
    });
    expect(delivery).toMatchObject({ contentType: 'application/json', contentEncoding: 'utf-8' });
  });

  it('talk over a transient queue like that of their own receiver', async () => {
    const vhost = await openVhost('transient');
    const queue = { mode: 'transient', name: 'unused', expiresMs: 1, maxBytes: 1 } as const;
    const watched = watch({ url: vhost.url, queue });
    await expectBothWays(watched, vhost.url);
    const queues = (await vhost.listQueues()).filter(({ name }) => name.startsWith('celeryev.'));
    const args = { 'x-expires': 60_000, 'x-message-ttl': 5_000 };
    expect(queues).toMatchObject([{ durable: false, auto_delete: true, arguments: args }]);
    expect(watched.consumer.redelivers).toBe(false);
  });

  it('talk over TLS, with the certificate checked', async () => {
    const vhost = await openVhost('tls');
    const { tlsUrl, caPath } = readServices().amqp;
    const url = `${tlsUrl.replace(/\/\/$/, new URL(vhost.url).pathname)}?ssl_ca_certs=${encodeURIComponent(caPath)}`;
    await expectBothWays(watch({ url }), vhost.url);
  });
});

describe('an AMQP consumer with a durable queue', () => {
  const queue = { mode: 'durable', name: 'herbarium events', expiresMs: 60_000, maxBytes: 1_000_000 } as const;

  it('declares a queue that outlives it, and bounds itself', async () => {
    const vhost = await openVhost('declared');
    const watched = watch({ url: vhost.url, queue });
    await watched.untilConnected();
    const args = { 'x-expires': 60_000, 'x-max-length-bytes': 1_000_000, 'x-overflow': 'drop-head' };
    const dropped = `${queue.name}.dropped`;
    expect(await vhost.listQueues()).toMatchObject([
      {
        name: queue.name,
        durable: true,
        auto_delete: false,
        arguments: { ...args, 'x-dead-letter-exchange': dropped },
      },
      { name: dropped, durable: true, auto_delete: false, arguments: { 'x-expires': 120_000, 'x-max-length': 1 } },
    ]);
    expect(watched.consumer.redelivers).toBe(true);
  });

  it('knows when the queue is not what it left, and leaves nothing behind that outlives it', async () => {
    const vhost = await openVhost('kept');
    const comeBack = async () => {
      const watched = watch({ url: vhost.url, queue });
      await watched.untilConnected();
      await watched.consumer.stop();
      return watched.states[0];
    };
    expect(await comeBack()).toMatchObject({ cause: 'emptied' });
    expect(await comeBack()).not.toHaveProperty('cause');
    const path = encodeURIComponent(vhost.name);
    await vhost.ask('DELETE', `/queues/${path}/${encodeURIComponent(queue.name)}`);
    expect(await vhost.ask('GET', `/exchanges/${path}/${encodeURIComponent(`${queue.name}.kept`)}`)).toMatchObject({
      error: 'Object Not Found',
    });
    expect(await comeBack()).toMatchObject({ cause: 'emptied' });
  });

  it('says that the queue overflowed while it was away, and when that is over', async () => {
    const vhost = await openVhost('overflowed');
    const small = { ...queue, maxBytes: 20_000 };
    const publish = await openEventPublisher(vhost.url);
    const comeBack = async () => {
      const watched = watch({ url: vhost.url, queue: small });
      await watched.untilConnected();
      return watched;
    };
    await (await comeBack()).consumer.stop();
    for (let i = 0; i < 100; i++) publish(`${i} ${'x'.repeat(1000)}`);
    await vi.waitFor(async () => expect(await vhost.listQueues()).toMatchObject([{ messages: 19 }, { messages: 1 }]), {
      timeout: 30_000,
      interval: 200,
    });
    const watched = await comeBack();
    await vi.waitFor(() => expect(watched.overflows).toEqual([true, false]), { timeout: 30_000 });
    expect(watched.bodies().map((body) => Number.parseInt(body))).toEqual(Array.from({ length: 19 }, (_, i) => 81 + i));
    expect(watched.logged.join()).toMatch(/queue is full/);
    await watched.consumer.stop();
    const again = await comeBack();
    expect(again.overflows).toEqual([]);
  });

  it('gets what came while it was away, and what it had not acknowledged, again', async () => {
    const vhost = await openVhost('away');
    const publish = await openEventPublisher(vhost.url);
    const before = watch({ url: vhost.url, queue });
    await before.untilConnected();
    for (const body of ['a', 'b', 'c', 'd']) publish(body);
    await before.untilBodies(['a', 'b', 'c', 'd']);
    before.consumer.ack(2);
    await before.consumer.stop();
    publish('e');
    const after = watch({ url: vhost.url, queue });
    await after.untilBodies(['c', 'd', 'e']);
    expect(after.deliveries.map(({ tag }) => tag)).toEqual([1, 2, 3]);
    expect(before.states.at(-1)).toMatchObject({ connected: false, error: null });
  });

  it('comes back when an operator closes its connection, and drops what it can no longer acknowledge', async () => {
    const vhost = await openVhost('closed');
    const watched = watch({ url: vhost.url.replace('guest:guest', 'guest:guest'), queue });
    await watched.untilConnected();
    (await openEventPublisher(vhost.url))('a');
    await watched.untilBodies(['a']);
    await vhost.closeConnections();
    await watched.untilBodies(['a', 'a']);
    expect(watched.states).toMatchObject([
      { connected: true },
      { connected: false, error: expect.stringMatching(/amqp:\/\/guest:\*\*@.*CONNECTION_FORCED/) as string },
      { connected: true },
    ]);
    watched.consumer.ack(1);
    const publish = await openEventPublisher(vhost.url);
    publish('b');
    await watched.untilBodies(['a', 'a', 'b']);
    watched.consumer.ack(3);
    await watched.consumer.stop();
    const after = watch({ url: vhost.url, queue });
    await after.untilConnected();
    publish('c');
    await after.untilBodies(['c']);
  });

  it('does not send more than the prefetch before something is acknowledged', async () => {
    const vhost = await openVhost('prefetch');
    const publish = await openEventPublisher(vhost.url);
    const watched = watch({ url: vhost.url, queue, prefetch: 2 });
    await watched.untilConnected();
    for (const body of ['a', 'b', 'c']) publish(body);
    await watched.untilBodies(['a', 'b']);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(watched.bodies()).toEqual(['a', 'b']);
    watched.consumer.ack(2);
    await watched.untilBodies(['a', 'b', 'c']);
  });

  it('says that the queue exists with other properties and what to do, and goes on when that is done', async () => {
    const vhost = await openVhost('other');
    const channel = await openChannel(vhost.url);
    await channel.assertQueue(queue.name, { durable: true, arguments: { 'x-expires': 5_000 } });
    const watched = watch({ url: vhost.url, queue });
    await watched.untilError(
      /the queue herbarium events exists with other properties\. Delete it .* --events-queue-name/,
    );
    await channel.deleteQueue(queue.name);
    await watched.untilConnected();
  });

  it('comes back when its queue is deleted', async () => {
    const vhost = await openVhost('deleted');
    const watched = watch({ url: vhost.url, queue });
    await watched.untilConnected();
    await (await openChannel(vhost.url)).deleteQueue(queue.name);
    await watched.untilError(/cancelled our consumer; was the event queue deleted/);
    await watched.untilConnected();
    (await openEventPublisher(vhost.url))('again');
    await watched.untilBodies(['again']);
  });

  it('warns when another consumer reads the same queue', async () => {
    const vhost = await openVhost('shared');
    await watch({ url: vhost.url, queue }).untilConnected();
    const second = watch({ url: vhost.url, queue });
    await second.untilConnected();
    expect(second.logged.join()).toMatch(/another consumer reads our event queue/);
  });
});

describe('an AMQP consumer', () => {
  it('gives bodies as they came: text, binary or compressed', async () => {
    const vhost = await openVhost('bodies');
    const publish = await openEventPublisher(vhost.url);
    const watched = watch({ url: vhost.url });
    await watched.untilConnected();
    const compressed = deflateSync('{"a": "ü"}');
    publish('{"a": "ü"}');
    publish(Buffer.from([0x81, 0xff]), { contentType: 'application/x-msgpack', contentEncoding: 'binary' });
    publish(compressed, { headers: { compression: 'application/x-gzip' } });
    await vi.waitFor(() => expect(watched.deliveries).toHaveLength(3), { timeout: 30_000 });
    const bodies = watched.deliveries.map(({ body }) => Buffer.from(body));
    expect(bodies).toEqual([Buffer.from('{"a": "ü"}'), Buffer.of(0x81, 0xff), compressed]);
  });

  it('broadcasts where there was never a worker', async () => {
    const vhost = await openVhost('lonely');
    const watched = watch({ url: vhost.url, controlExchange: 'ours' });
    await watched.untilConnected();
    await watched.consumer.broadcast({ body: '{}', headers: {} });
    const exchange = await vhost.ask('GET', `/exchanges/${encodeURIComponent(vhost.name)}/ours.pidbox`);
    expect(exchange).toMatchObject({ type: 'fanout', durable: false, auto_delete: false });
  });

  it('says so when a broadcast cannot be made, and goes on with the events', async () => {
    const vhost = await openVhost('pidbox');
    await (await openChannel(vhost.url)).assertExchange('celery.pidbox', 'direct', { durable: true });
    const watched = watch({ url: vhost.url });
    await watched.untilConnected();
    const attempt = watched.consumer.broadcast({ body: '{}', headers: {} });
    await expect(attempt).rejects.toMatchObject({
      code: 'broker_unavailable',
      message: expect.stringMatching(/PRECONDITION/) as string,
    });
    (await openEventPublisher(vhost.url))('still here');
    await watched.untilBodies(['still here']);
    expect(watched.states).toHaveLength(1);
  });

  it('takes the first broker of a failover list that answers', async () => {
    const vhost = await openVhost('failover');
    const watched = watch({ url: `amqp://u:hunter2@127.0.0.1:1//;${vhost.url}` });
    await watched.untilConnected();
    expect(watched.states).toHaveLength(1);
    expect(watched.consumer.maskedUrl).not.toMatch(/hunter2|:guest@/);
  });

  it('never throws while no broker answers, and says why for each', async () => {
    const watched = watch({ url: 'amqp://u:hunter2@127.0.0.1:1//;amqp://u:hunter2@nowhere.invalid//' });
    const error = await watched.untilError(
      /127.0.0.1:1\/\/: connect ECONNREFUSED.*; amqp:.*nowhere.invalid.*ENOTFOUND|EAI_AGAIN/,
    );
    expect(error).not.toContain('hunter2');
    watched.consumer.ack(5);
    await expect(watched.consumer.broadcast({ body: '{}', headers: {} })).rejects.toThrow(AppError);
  });

  it('says that the login is refused, without the password', async () => {
    const watched = watch({ url: readServices().amqp.url.replace('guest:guest', 'guest:hunter2') });
    const error = await watched.untilError(/ACCESS.REFUSED/);
    expect(error + watched.logged.join()).not.toContain('hunter2');
  });

  it('says that there is no such vhost', async () => {
    const watched = watch({ url: readServices().amqp.url.replace(/\/\/$/, '/no%2Fsuch') });
    await watched.untilError(/refused the virtual host 'no\/such': it does not exist, or guest may not use it/);
  });

  it('notices a broker that is silent without having closed the connection', async () => {
    const vhost = await openVhost('silent');
    const { port } = new URL(vhost.url);
    const proxy = await openTcpProxy(Number(port));
    endings.push(() => proxy.close());
    const watched = watch({ url: `${vhost.url.replace(port, String(proxy.port))}?heartbeat=1&connect_timeout=0.5` });
    await watched.untilConnected();
    proxy.freeze();
    await watched.untilError(/Heartbeat timeout/);
    proxy.thaw();
    await watched.untilConnected();
  });
});
