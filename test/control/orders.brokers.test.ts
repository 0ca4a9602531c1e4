import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openOrders, type Orders } from '../../server/control/orders.ts';
import { openRemoteControl, type RemoteControl } from '../../server/control/remote-control.ts';
import { sendTask, type CeleryVersion, type TestWorker } from '../helpers/celery.ts';
import { startNursery } from '../helpers/nursery.ts';
import { makeVhost } from '../helpers/rabbitmq.ts';
import { startRedisServer } from '../helpers/redis-server.ts';

interface Place {
  url: string;
  remove(): Promise<void>;
}

const makers: Record<'redis' | 'amqp', () => Promise<Place>> = {
  redis: async () => {
    const server = await startRedisServer();
    return { url: `redis://127.0.0.1:${server.port}/0`, remove: () => server.remove() };
  },
  amqp: async () => {
    const vhost = await makeVhost('orders');
    await vhost.ask('PUT', `/queues/${encodeURIComponent(vhost.name)}/odd`, { durable: false, auto_delete: true });
    return vhost;
  },
};
const versions: Record<CeleryVersion, string> = { python: 'old@test', celeryNewest: 'new@test' };
const hostnames = Object.values(versions);
const timeoutMs = 20_000;

describe.each(['redis', 'amqp'] as const)(
  'orders over %s, to the Celery of the distribution and the newest',
  (kind) => {
    let place: Place;
    let control: RemoteControl;
    let orders: Orders;
    let workers: TestWorker[] = [];

    beforeAll(async () => {
      place = await makers[kind]();
      control = openRemoteControl({ url: place.url });
      orders = openOrders(control, timeoutMs);
      const start = (celery: CeleryVersion) => startNursery(place.url, versions[celery], [], celery);
      workers = await Promise.all([start('python'), start('celeryNewest')]);
    });
    afterAll(async () => {
      control.close();
      await Promise.all(workers.map((worker) => worker.kill()));
      await place.remove();
    });

    const pings = async () =>
      [...(await control.inspect('ping', {}, { timeoutMs, destination: hostnames })).keys()].sort();

    it('are followed, and answered in the words of the worker', async () => {
      for (const hostname of hostnames) {
        expect(await orders.give('pool_grow', { n: 1 }, hostname)).toEqual({ ok: true, said: 'pool will grow' });
        expect(await orders.give('pool_shrink', {}, hostname)).toEqual({ ok: true, said: 'pool will shrink' });
        expect(await orders.give('add_consumer', { queue: 'moss' }, hostname)).toMatchObject({
          said: 'add consumer moss',
        });
        const queues = { exchange: 'garden', exchange_type: 'topic', routing_key: 'fern.*' } as const;
        expect(await orders.give('add_consumer', { queue: 'fern', ...queues }, hostname)).toMatchObject({ ok: true });
        expect(await orders.give('cancel_consumer', { queue: 'moss' }, hostname)).toMatchObject({ ok: true });
        const grow = { task_name: 'nursery.grow' };
        const limited = await orders.give('rate_limit', { ...grow, rate_limit: '10/m' }, hostname);
        expect(limited).toEqual({ ok: true, said: 'new rate limit set successfully' });
        const unlimited = await orders.give('rate_limit', { ...grow, rate_limit: '' }, hostname);
        expect(unlimited).toEqual({ ok: true, said: 'rate limit disabled successfully' });
        const timed = await orders.give('time_limit', { ...grow, soft: 100.5, hard: 200 }, hostname);
        expect(timed).toEqual({ ok: true, said: 'time limits set successfully' });
        const restart = await orders.give('pool_restart', {}, hostname);
        expect(restart).toEqual({ ok: false, reason: "ValueError('Pool restarts not enabled')" });
        const scale = await orders.give('autoscale', { min: 1, max: 2 }, hostname);
        expect(scale).toEqual({ ok: false, reason: "ValueError('Autoscale not enabled')" });
        const events = await orders.give('enable_events', {}, hostname);
        expect(events).toEqual({ ok: true, said: 'task events already enabled' });
      }
      const queues = await control.ask('active_queues', {}, { timeoutMs, destination: hostnames });
      for (const answer of queues.values()) {
        const names = answer.ok ? (answer.value as { name: string }[]).map(({ name }) => name) : [];
        expect(names).toContain('fern');
        expect(names).not.toContain('moss');
      }
    });

    it('to answer every question there is are followed', async () => {
      const asked = { timeoutMs, destination: hostnames };
      const methods = [
        'ping',
        'clock',
        'report',
        'stats',
        'active',
        'reserved',
        'scheduled',
        'revoked',
        'registered',
        'active_queues',
        'conf',
        'memsample',
      ] as const;
      for (const method of methods) {
        const answers = [...(await control.ask(method, {}, asked)).values()];
        expect(
          answers.map(({ ok }) => ok),
          method,
        ).toEqual([true, true]);
      }
      const registered = await control.ask('registered', { taskinfoitems: ['max_retries'] }, asked);
      expect(registered.get('new@test')).toMatchObject({
        value: expect.arrayContaining(['nursery.grow [max_retries=3]']) as unknown,
      });
    });

    it('to revoke are followed, and running tasks are terminated', async () => {
      const send = (args: unknown[], options: object) =>
        sendTask({ brokerUrl: place.url, task: 'nursery.grow', args, options: { ...options } });
      const [running, later] = [await send([60], {}), await send([1], { countdown: 600 })];
      const active = async () => {
        const answers = await control.inspect('active', {}, { timeoutMs, destination: hostnames });
        return [...answers.values()].flatMap((answer) => (answer.ok ? answer.value.map(({ id }) => id) : []));
      };
      await vi.waitFor(async () => expect(await active()).toEqual([running]), { timeout: 30_000, interval: 100 });
      await orders.tell('revoke', { task_id: [running, later], terminate: true, signal: 'SIGKILL' });
      await vi.waitFor(async () => expect(await active()).toEqual([]), { timeout: 30_000, interval: 100 });
      const revoked = await control.inspect('revoked', {}, { timeoutMs, destination: hostnames });
      for (const answer of revoked.values()) expect(answer.ok && answer.value).toEqual(expect.arrayContaining([later]));
      const stamped = { headers: { batch: ['b-1'] } };
      const refused = await orders.give('revoke_by_stamped_headers', stamped, 'old@test');
      expect(refused).toEqual({ ok: false, reason: "KeyError('revoke_by_stamped_headers')" });
      expect(await orders.give('revoke_by_stamped_headers', stamped, 'new@test')).toMatchObject({ ok: true });
    });

    it('that would end a worker are not sent', async () => {
      const deadly = kind === 'amqp' ? ['odd', 'amq.moss', 'celeryev', 'celery.pidbox'] : ['celeryev', 'celery.pidbox'];
      for (const hostname of hostnames) {
        for (const queue of deadly) {
          const outcome = await orders.give('add_consumer', { queue }, hostname);
          expect(outcome).toEqual({ ok: false, reason: expect.stringContaining('could not declare') as unknown });
        }
      }
      expect(await pings()).toEqual([...hostnames].sort());
    });

    it('to go away end a worker', async () => {
      await orders.tell('shutdown', {}, 'old@test');
      await vi.waitFor(() => expect(workers[0]!.log).toMatch(/shutdown from remote/), {
        timeout: 30_000,
        interval: 100,
      });
      const silent = await openOrders(control, 300).give('pool_grow', { n: 1 }, 'gone@test');
      expect(silent).toEqual({ ok: false, reason: 'the worker did not answer within 0.3 s' });
    });
  },
);
