import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import type { RejectsBody } from '../../server/contract/rejects.ts';
import type { TaskBody } from '../../server/contract/tasks.ts';
import { runPython } from '../helpers/celery.ts';
import { usePublisher } from '../helpers/stage.ts';
import type { BrokerKind, OddMessage, Publisher } from '../helpers/publisher.ts';
import type { RunningServer } from '../helpers/server.ts';
import { getJson, patiently, readStatus, useBroker, useServer, useStore } from '../helpers/stage.ts';
import type { TestStore } from '../helpers/stores.ts';

const json = { contentType: 'application/json', contentEncoding: 'utf-8' };

const event = (fields: object): string =>
  JSON.stringify({ type: 'task-received', hostname: 'w@h', timestamp: 1000, clock: 1, pid: 1, ...fields });

/** Within an event, so that only somebody who goes all the way down meets it. */
const nested = (depth: number, field = 'odd'): string =>
  event({ uuid: `deep-${field}-${depth}`, [field]: 0 }).replace(
    `"${field}":0`,
    `"${field}":${'['.repeat(depth)}${']'.repeat(depth)}`,
  );

/** What is wrong, and the reason that is kept. */
const garbage: [string, OddMessage, RegExp][] = [
  ['nothing at all', { body: '', ...json }, /JSON/],
  ['no JSON', { body: '\x00\x01\x02 nonsense', ...json }, /JSON/],
  ['an event that is cut short', { body: event({ uuid: 'cut' }).slice(0, 60), ...json }, /JSON/],
  ['a body without a type', { body: event({ uuid: 'untyped' }) }, /type/],
  ['an unknown type', { body: event({ uuid: 'typed' }), contentType: 'image/png' }, /content type/],
  ['another charset', { body: 'x', contentType: 'application/json', contentEncoding: 'klingon' }, /encoding/],
  ['pickle', { body: '\x80\x04}.', contentType: 'application/x-python-serialize' }, /event_serializer/],
  ['broken msgpack', { body: '\xc1\xc1', contentType: 'application/x-msgpack' }, /msgpack/],
  ['bytes that are no UTF-8', { body: Buffer.from([0xff, 0xfe, 0xfd]), ...json }, /JSON/],
  ['a broken zlib stream', { body: 'x', ...json, headers: { compression: 'application/x-gzip' } }, /gzip/],
  ['an event without a uuid', { body: event({}), ...json }, /uuid/],
  ['a time that is none', { body: event({ uuid: 'late', timestamp: 'now' }), ...json }, /timestamp/],
  ['a list 100,000 lists deep', { body: '['.repeat(100_000) + ']'.repeat(100_000), ...json }, /object|deep/],
  ['a field 100,000 lists deep', { body: nested(100_000), ...json }, /deep/],
  [
    'a heartbeat 100,000 lists deep',
    { body: nested(100_000, 'loadavg').replace('task-received', 'worker-heartbeat'), ...json },
    /deep/,
  ],
];

async function useTarget(kind: BrokerKind) {
  const broker = await useBroker(kind);
  const store = await useStore();
  const server = await useServer({ broker, db: store.db });
  return { store, server, broker, publisher: usePublisher(kind, broker) };
}

/** The server is well when the next good event is stored. */
async function expectSound(server: RunningServer, publisher: Publisher, uuid: string): Promise<void> {
  await publisher.publishOdd({ body: event({ uuid, name: 'tasks.good' }), ...json });
  await vi.waitFor(async () => {
    expect(await getJson<TaskBody>(`${server.url}/api/task/info/${uuid}`)).toMatchObject({ name: 'tasks.good' });
  }, patiently);
}

async function readRejects(store: TestStore): Promise<{ reason: string; excerpt: string }[]> {
  const reader = await store.openReader();
  try {
    return await reader.catalog.selectFrom('rejects').select(['reason', 'excerpt']).orderBy('id').execute();
  } finally {
    await reader.close();
  }
}

describe.each(['redis', 'amqp'] as const)('garbage on %s', (kind) => {
  it('is put aside with its reason, message by message, and what is good is stored', async () => {
    const { store, server, publisher } = await useTarget(kind);
    await publisher.publishOdd(...garbage.map(([, message]) => message));
    await expectSound(server, publisher, 'good-1');
    await vi.waitFor(async () => expect((await readStatus(server)).ingest.rejected).toBe(garbage.length), patiently);
    const { ingest } = await readStatus(server);
    expect(ingest.error).toBeNull();
    const { rejects: told } = await getJson<RejectsBody>(`${server.url}/api/rejects`);
    expect(told.map(({ reason }) => reason)).toContainEqual(
      expect.stringMatching(/pickled.*event_serializer = 'json'/),
    );
    expect(server.log()).toMatch(/messages were put aside.*why=/);
    expect(await server.stop()).toBe(0);
    expect(server.log()).not.toMatch(/started anew/);
    const rejects = await readRejects(store);
    expect(rejects.map(({ excerpt }) => excerpt.length <= 2000)).not.toContain(false);
    for (const [index, [what, , reason]] of garbage.entries()) expect(rejects[index]?.reason, what).toMatch(reason);
  });

  it('in a flood is counted to the last one, and the newest thousand are kept', async () => {
    const { store, server, publisher } = await useTarget(kind);
    await publisher.publishOdd(...Array.from({ length: 3000 }, (_, i) => ({ body: `flood ${i}`, ...json })));
    await expectSound(server, publisher, 'good-2');
    await vi.waitFor(async () => expect((await readStatus(server)).ingest.rejected).toBe(3000), patiently);
    await server.stop();
    expect((await readRejects(store)).length).toBeLessThanOrEqual(1000);
  });
});

it('reads an event on RabbitMQ whose headers hold more than the client library knows', async () => {
  const { server, broker } = await useTarget('amqp');
  const sent = event({ uuid: 'long', name: 'tasks.good' });
  const code = `
import json
from celery.events.event import get_exchange
from kombu import Producer
from shop import app
with app.connection_for_write() as connection:
    Producer(connection, get_exchange(connection)).publish(
        json.loads('${sent}'), routing_key='task.received', serializer='json', headers={'clock': 2**33, 'more': [2**40]})`;
  await runPython(code, { brokerUrl: broker });
  await vi.waitFor(async () => {
    expect(await getJson<TaskBody>(`${server.url}/api/task/info/long`)).toMatchObject({ name: 'tasks.good' });
  }, patiently);
  expect(server.log()).not.toMatch(/not connected/);
});

it('outlives what is no message of kombu at all on Redis', async () => {
  const { server, publisher } = await useTarget('redis');
  const odd = ['', 'no envelope', '{"body": "eyJ0e', '[]', '{}', '{"body": 1}', Buffer.from([0xff, 0xc0, 0x00])];
  for (const text of [...odd, '['.repeat(100_000) + ']'.repeat(100_000)]) await publisher.publishBare(text);
  await expectSound(server, publisher, 'good-3');
  await vi.waitFor(async () => expect((await readStatus(server)).ingest.rejected).toBe(odd.length + 1), patiently);
});

const mebi = 1024 * 1024;
const large = { garbage: 'x'.repeat(50 * mebi), event: event({ uuid: 'large', args: 'y'.repeat(50 * mebi) }) };

it('outlives messages of 50 MB on RabbitMQ, and gives their memory back', async () => {
  const { server, publisher } = await useTarget('amqp');
  await publisher.publishOdd({ body: large.garbage, ...json });
  await publisher.publishOdd({ body: large.event, ...json });
  await expectSound(server, publisher, 'good-4');
  await vi.waitFor(async () => expect((await readStatus(server)).ingest.rejected).toBeGreaterThanOrEqual(1), patiently);
  await vi.waitFor(() => expect(readMemoryMb(server.pid)).toBeLessThan(500), patiently);
});

it('is cut off by Redis for a message of 50 MB, says so with a gap, and comes back', async () => {
  const { server, publisher } = await useTarget('redis');
  await publisher.publishBare(large.garbage);
  await vi.waitFor(
    async () => expect((await readStatus(server)).gaps).toMatchObject([{ to: expect.any(Number) as number }]),
    patiently,
  );
  await expectSound(server, publisher, 'good-5');
});

function readMemoryMb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}
