import { connect } from 'amqplib';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ApiDocument } from '../../server/contract/api-document.ts';
import type { StatusBody } from '../../server/contract/status.ts';
import type { TaskBody } from '../../server/contract/tasks.ts';
import { AnswerCheck } from '../helpers/api-answers.ts';
import { readCapture, type CaptureLine } from '../helpers/captures.ts';
import { makeVhost } from '../helpers/rabbitmq.ts';
import { startRedisServer } from '../helpers/redis-server.ts';
import { startServer, type RunningServer } from '../helpers/server.ts';
import { makeStore, type TestStore } from '../helpers/stores.ts';

/** A recorded cluster, said again to two servers at once, one on each engine. */
interface Stage {
  broker: string;
  publish(): Promise<void>;
  remove(): Promise<unknown>;
}

const stages: Record<string, () => Promise<Stage>> = {
  async redis() {
    const redis = await startRedisServer();
    const publish = async (): Promise<void> => {
      const client = new Redis(redis.port);
      for (const { channel, data } of readCapture<CaptureLine & { channel: string; data: string }>(
        'events-redis-5.6.3',
      )) {
        await client.publish(channel, data);
      }
      await client.quit();
    };
    return { broker: `redis://127.0.0.1:${redis.port}/3`, publish, remove: () => redis.remove() };
  },
  async amqp() {
    const vhost = await makeVhost('engines');
    const publish = async (): Promise<void> => {
      const connection = await connect(vhost.url);
      const channel = await connection.createConfirmChannel();
      await channel.assertExchange('celeryev', 'topic', { durable: true });
      for (const line of readCapture<CaptureLine & { routing_key: string; body: string }>('events-amqp-5.2.6')) {
        const properties = { contentType: 'application/json', contentEncoding: 'utf-8' };
        channel.publish('celeryev', line.routing_key, Buffer.from(line.body), properties);
      }
      await channel.waitForConfirms();
      await connection.close();
    };
    return { broker: vhost.url, publish, remove: () => vhost.remove() };
  },
};

describe.each(Object.keys(stages))('a recorded cluster on %s', (kind) => {
  let stage: Stage;
  const stores: TestStore[] = [];
  const servers: RunningServer[] = [];

  beforeAll(async () => {
    stage = await stages[kind]!();
    for (const engine of ['sqlite', 'postgres'] as const) {
      const store = await makeStore(engine);
      stores.push(store);
      // Nothing may be learnt of the tasks but what was recorded: each server would learn it at a time of its own.
      const args = ['--reconcile=false'];
      servers.push(await startServer({ broker: stage.broker, db: store.db, args }));
    }
    const status = ({ url }: RunningServer) => fetch(`${url}/api/status`).then((r) => r.json() as Promise<StatusBody>);
    for (const server of servers) {
      await vi.waitFor(async () => expect((await status(server)).brokers[0]?.connected).toBe(true), {
        timeout: 30_000,
      });
    }
    await stage.publish();
    for (const server of servers) {
      await vi.waitFor(
        async () => {
          const { store, ingest } = await status(server);
          expect(store.events).toBeGreaterThan(1500);
          expect([ingest.backlog, ingest.rejected, ingest.error]).toEqual([0, 0, null]);
          expect(ingest.received).toBe(store.events);
        },
        { timeout: 30_000, interval: 200 },
      );
    }
  });

  afterAll(async () => {
    for (const server of servers) await server.kill();
    for (const store of stores) await store.remove();
    await stage?.remove();
  });

  /** The same question to both; the one answer they give. */
  async function askBoth(path: string): Promise<string> {
    const [sqlite, postgres] = await Promise.all(
      servers.map(async ({ url }) => {
        const response = await fetch(url + path);
        return { status: response.status, text: await response.text() };
      }),
    );
    expect(postgres).toEqual(sqlite);
    return sqlite!.text;
  }

  it('gives the same answers from SQLite and from Postgres', async () => {
    const tasks = JSON.parse(await askBoth('/api/tasks')) as Record<string, TaskBody>;
    expect(Object.keys(tasks).length).toBeGreaterThan(350);
    const queries = ['sort_by=name', 'sort_by=-received', 'sort_by=state&limit=20&offset=30', 'sort_by=-started'];
    const filters = [
      'state=FAILURE',
      'taskname=tasks.add',
      'workername=w2@beta&state=SUCCESS',
      'received_end=2026-11-20 05:05',
    ];
    for (const query of [...queries, ...filters]) await askBoth(`/api/tasks?${query}`);
    for (const uuid of Object.keys(tasks).slice(0, 60)) {
      await askBoth(`/api/task/info/${uuid}`);
      await askBoth(`/api/task/events/${uuid}`);
    }
    await askBoth('/api/task/types');
    expect(Object.keys(JSON.parse(await askBoth('/api/workers?status=1')) as object)).toContain('w1@alpha');
  });

  it('answers what its own document says', async () => {
    const check = new AnswerCheck(JSON.parse(await askBoth('/api/openapi.json')) as ApiDocument);
    const [uuid] = Object.keys(JSON.parse(await askBoth('/api/tasks?state=FAILURE&limit=1')) as object);
    const paths = [
      ...['/api/tasks?limit=300', `/api/task/info/${uuid}`, `/api/task/events/${uuid}`, '/api/task/types'],
      ...['/api/search?q=state:FAILURE+or+runtime:>1', '/api/search/facets', '/api/search/histogram?step=60'],
      ...['/api/search/suggest?q=state:F', '/api/search/explain?q=-name:a*+(retries:2+or+args:x)', '/api/export'],
      ...['/api/export?format=json&limit=2', '/api/export?format=csv&limit=2', '/api/workers', '/api/workers?status=1'],
      ...['/api/queues', '/api/queues/length', '/api/queues/history?queue=celery', '/api/broker', '/api/status'],
      ...['/api/coverage?from=0', '/api/task/result/x', '/api/task/info/x', '/api/tasks?limit=x', '/metrics'],
      ...['/api/search?q=state:', '/api/workers?workername=x', '/healthcheck', '/api/openapi.json'],
    ];
    for (const { url } of servers) {
      for (const path of paths) {
        const response = await fetch(url + path);
        const contentType = response.headers.get('content-type') ?? '';
        const answer = { status: response.status, contentType, text: await response.text() };
        expect(check.findFaults({ method: 'GET', path: path.replace(/\?.*/, ''), ...answer })).toEqual([]);
      }
    }
  });

  it('has every kind of state that was recorded', async () => {
    const tasks = Object.values(JSON.parse(await askBoth('/api/tasks')) as Record<string, TaskBody>);
    const states = new Set(tasks.map((task) => task.state));
    for (const state of ['SUCCESS', 'FAILURE', 'REVOKED', 'REJECTED', 'STARTED', 'PENDING'])
      expect(states).toContain(state);
  });
});
