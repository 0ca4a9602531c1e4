import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { AppError } from '../../server/errors.ts';
import { openRemoteControl, type RemoteControl, type TaskInfo } from '../../server/control/remote-control.ts';
import { runPython, sendTask, type TestWorker } from '../helpers/celery.ts';
import { startCeleryPeer } from '../helpers/celery-peer.ts';
import { startNursery } from '../helpers/nursery.ts';
import { makeVhost, type TestVhost } from '../helpers/rabbitmq.ts';
import { startRedisServer, type RedisServer } from '../helpers/redis-server.ts';

interface Place {
  url: string;
  /** Whatever a question of ours has left on the broker. */
  listLeftovers(): Promise<string[]>;
  remove(): Promise<void>;
}

function onRedis(server: RedisServer, db: number): Place {
  const redis = new Redis(server.port, { db });
  return {
    url: `redis://127.0.0.1:${server.port}/${db}`,
    listLeftovers: async () => {
      const members = await redis.smembers('_kombu.binding.reply.celery.pidbox');
      return [...(await redis.keys('*herbarium*')), ...members.filter((member) => member.startsWith('herbarium'))];
    },
    remove: async () => {
      redis.disconnect();
      await server.remove();
    },
  };
}

function onAmqp(vhost: TestVhost): Place {
  return {
    url: vhost.url,
    listLeftovers: async () =>
      (await vhost.listQueues()).map(({ name }) => name).filter((name) => name.startsWith('herbarium')),
    remove: () => vhost.remove(),
  };
}

const makers: Record<'redis' | 'amqp', () => Promise<Place>> = {
  redis: async () => onRedis(await startRedisServer(), 3),
  amqp: async () => onAmqp(await makeVhost('remote-control')),
};

describe.each(['redis', 'amqp'] as const)('asked over %s', (kind) => {
  let place: Place;
  let control: RemoteControl;
  let one: TestWorker;
  let two: TestWorker;

  beforeAll(async () => {
    place = await makers[kind]();
    control = openRemoteControl({ url: place.url });
    [one, two] = await Promise.all([
      startNursery(place.url, 'w1@test'),
      startNursery(place.url, 'w2@test', ['-Q', 'mail']),
    ]);
  });
  afterAll(async () => {
    control.close();
    await Promise.all([one.kill(), two.kill()]);
    await place.remove();
  });

  it('every worker answers, and all that is asked for has ended when it is over', async () => {
    const replies = await control.inspect('ping', {}, { timeoutMs: 1000 });
    expect([...replies.keys()].sort()).toEqual(['w1@test', 'w2@test']);
    expect(replies.get('w1@test')).toEqual({ ok: true, value: 'pong' });
    expect(await place.listLeftovers()).toEqual([]);
  });

  it('a worker that is named answers alone, and nothing more is waited for', async () => {
    const startedMs = performance.now();
    const replies = await control.inspect('ping', {}, { timeoutMs: 20_000, destination: ['w2@test'] });
    expect([...replies.keys()]).toEqual(['w2@test']);
    expect(performance.now() - startedMs).toBeLessThan(15_000);
    expect(await place.listLeftovers()).toEqual([]);
  });

  it('questions at the same time get each their own answers', async () => {
    const [pings, active, stats] = await Promise.all([
      control.inspect('ping', {}, { timeoutMs: 5000, destination: ['w1@test', 'w2@test'] }),
      control.inspect('active', {}, { timeoutMs: 5000, destination: ['w1@test'] }),
      control.inspect('stats', {}, { timeoutMs: 5000, destination: ['w2@test'] }),
    ]);
    expect(pings.size).toBe(2);
    expect([...active]).toEqual([['w1@test', { ok: true, value: [] }]]);
    expect(stats.get('w2@test')).toMatchObject({ ok: true, value: { pid: two.pid } });
  });

  it('workers say what they run, hold, schedule and remember as revoked', async () => {
    const send = (args: unknown[], options: object = {}) =>
      sendTask({ brokerUrl: place.url, task: 'nursery.grow', args, options: { ...options } });
    const running = [await send([60]), await send([60, 'fern'])];
    const held = await send([1]);
    const scheduled = await send([1], { countdown: 600 });
    const destination = ['w1@test'];
    const ask = async (method: 'active' | 'reserved' | 'scheduled') => {
      const reply = (await control.inspect(method, {}, { timeoutMs: 5000, destination })).get('w1@test');
      return reply?.ok ? reply.value : [];
    };
    const idsOf = (tasks: TaskInfo[]) => tasks.map(({ id }) => id).sort();
    await vi.waitFor(async () => expect(await ask('active')).toHaveLength(2), { timeout: 30_000, interval: 100 });
    const active = await ask('active');
    expect(idsOf(active)).toEqual([...running].sort());
    expect(active.find(({ id }) => id === running[1])).toMatchObject({ name: 'nursery.grow', args: "[60, 'fern']" });
    expect(idsOf(await ask('reserved'))).toEqual([held]);
    expect(idsOf(await ask('scheduled'))).toEqual([scheduled]);
    await runPython(`import shop; shop.app.control.revoke('${scheduled}', reply=True)`, { brokerUrl: place.url });
    const revoked = await control.inspect('revoked', {}, { timeoutMs: 5000, destination });
    expect(revoked.get('w1@test')).toEqual({ ok: true, value: [scheduled] });
    const ids = [running[0]!, held, 'unknown'];
    const queried = (await control.inspect('query_task', { ids }, { timeoutMs: 5000, destination })).get('w1@test')!;
    expect(queried.ok && queried.value.map(({ state, task }) => [state, task.id]).sort()).toEqual(
      [
        ['active', running[0]],
        ['reserved', held],
      ].sort(),
    );
  });

  it('leaves nothing behind when it is killed while it waits', async () => {
    const script = `
      import { openRemoteControl } from '${new URL('../../server/control/remote-control.ts', import.meta.url).href}';
      const control = openRemoteControl({ url: '${place.url}' });
      await control.inspect('ping', {}, { timeoutMs: 60_000 });`;
    const args = ['--import', 'tsx', '--input-type=module', '--eval', script];
    const cwd = fileURLToPath(new URL('../..', import.meta.url));
    const child = spawn(process.execPath, args, { cwd, stdio: 'inherit' });
    onTestFinished(() => void child.kill('SIGKILL'));
    await vi.waitFor(async () => expect(await place.listLeftovers()).not.toEqual([]), { timeout: 30_000 });
    child.kill('SIGKILL');
    await once(child, 'exit');
    if (kind === 'amqp') {
      await vi.waitFor(async () => expect(await place.listLeftovers()).toEqual([]), { timeout: 30_000 });
      return;
    }
    const redis = new Redis(place.url);
    const list = (await redis.keys('herbarium.*'))[0]!;
    await vi.waitFor(async () => expect(await redis.exists(list)).toBe(0), { timeout: 30_000, interval: 200 });
    // A worker that answers only now makes the list anew, and it would stay for ever.
    await redis.rpush(list, 'late');
    await control.inspect('ping', {}, { timeoutMs: 5000, destination: ['w1@test'] });
    expect(await place.listLeftovers()).toEqual([]);
    redis.disconnect();
  });

  it('a worker that is dead costs no more than the time allowed', async () => {
    await two.kill();
    const startedMs = performance.now();
    const replies = await control.inspect('ping', {}, { timeoutMs: 700, destination: ['w1@test', 'w2@test'] });
    expect([...replies.keys()]).toEqual(['w1@test']);
    expect(performance.now() - startedMs).toBeGreaterThan(650);
    expect(performance.now() - startedMs).toBeLessThan(15_000);
    expect(await place.listLeftovers()).toEqual([]);
  });

  it('says so when the broker cannot be reached', async () => {
    const lost = openRemoteControl({ url: `${kind}://user:secret@127.0.0.1:1/0` });
    const asked = lost.inspect('ping', {}, { timeoutMs: 500 });
    const error = (await asked.then(undefined, (reason: unknown) => reason)) as AppError;
    expect(error).toMatchObject({ name: 'AppError', code: 'broker_unavailable' });
    expect(error.message).toMatch(/cannot be reached.*REFUSED/);
    expect(error.message).not.toContain('secret');
  });

  it('ends at once, with what has come, when it is closed', async () => {
    const closing = openRemoteControl({ url: place.url });
    const startedMs = performance.now();
    setTimeout(() => closing.close(), 500);
    await closing.inspect('ping', {}, { timeoutMs: 60_000 });
    expect(performance.now() - startedMs).toBeLessThan(20_000);
    expect(await place.listLeftovers()).toEqual([]);
  });
});

it('finds workers where Redis keys and channels have a prefix, and exchanges a name of their own', async () => {
  const server = await startRedisServer();
  const settings = {
    broker_transport_options: { global_keyprefix: 'pfx:', fanout_prefix: false },
    control_exchange: 'orders',
  };
  const url = `redis://127.0.0.1:${server.port}/0`;
  const peer = await startCeleryPeer(url, settings);
  const transport = { globalKeyprefix: 'pfx:', fanoutPrefix: false };
  const control = openRemoteControl({ url, transport, controlExchange: 'orders' });
  const replies = await control.inspect('ping', {}, { timeoutMs: 5000, destination: ['peer@test'] });
  expect([...replies]).toEqual([['peer@test', { ok: true, value: 'pong' }]]);
  peer.stop();
  await server.remove();
});
