import { expect, it, vi } from 'vitest';
import type { TaskBody, TaskEventsBody, TaskTypesBody } from '../../server/contract/tasks.ts';
import { isFullSize } from '../helpers/burst.ts';
import { readWorkers } from '../helpers/live-page.ts';
import { onEveryEngine } from '../helpers/stores.ts';
import { getJson, patiently, readStatus, useBroker, usePublisher, useServer, useStore } from '../helpers/stage.ts';

const json = { contentType: 'application/json', contentEncoding: 'utf-8' };

const oddWorkers = [
  '<script>alert(1)</script>',
  '__proto__',
  'constructor',
  "w'); DROP TABLE tasks; --",
  'wörker@ホスト 🌿',
];
const oddIds = [
  'a/b//c',
  '../../etc/passwd',
  '"quoted" \'twice\'',
  '<img src=x onerror=alert(1)>',
  '100%25 sure?#&=+',
  '🌿🌺',
  '__proto__',
  'constructor',
  ' leading and trailing ',
  'ä'.repeat(255),
  'fifteen bytes!!',
];

onEveryEngine((engine) => {
  it('finds any id and any worker, and nothing they say is taken for anything else', async () => {
    const broker = await useBroker('amqp');
    const store = await useStore(engine);
    const server = await useServer({ broker, db: store.db });
    const events = oddIds.flatMap((uuid, i) => {
      const common = { uuid, hostname: oddWorkers[i % oddWorkers.length], clock: i, pid: 1 };
      return [
        { type: 'task-received', timestamp: 1000 + i, name: '<b>name</b>', args: '()', kwargs: '{}', ...common },
        { type: 'task-succeeded', timestamp: 2000 + i, result: "'</script>'", runtime: 1, ...common },
      ];
    });
    const heartbeats = oddWorkers.map((hostname, i) => ({
      type: 'worker-heartbeat',
      hostname,
      timestamp: Date.now() / 1000,
      clock: i,
      pid: 1,
      freq: 2,
      active: 0,
      processed: 1,
    }));
    await usePublisher('amqp', broker).publishOdd({ body: JSON.stringify([...events, ...heartbeats]), ...json });
    await vi.waitFor(async () => expect((await readStatus(server)).ingest.backlog).toBe(0), patiently);
    await vi.waitFor(
      async () => expect((await readStatus(server)).store.events).toBe(events.length + oddWorkers.length),
      patiently,
    );
    for (const [i, uuid] of oddIds.entries()) {
      const path = encodeURIComponent(uuid);
      const task = await getJson<TaskBody>(`${server.url}/api/task/info/${path}`);
      expect(task).toMatchObject({ uuid, state: 'SUCCESS', worker: oddWorkers[i % oddWorkers.length] });
      const { events: stored } = await getJson<TaskEventsBody>(`${server.url}/api/task/events/${path}`);
      expect(stored.map(({ type }) => type)).toEqual(['task-received', 'task-succeeded']);
    }
    const text = await (await fetch(`${server.url}/api/tasks`)).text();
    const listed = new Map(Object.entries(JSON.parse(text) as Record<string, TaskBody>));
    expect([...listed.keys()].sort()).toEqual([...oddIds].sort());
    for (const worker of oddWorkers) {
      const tasks = await getJson<object>(`${server.url}/api/tasks?workername=${encodeURIComponent(worker)}`);
      expect(Object.keys(tasks).length, worker).toBeGreaterThan(0);
    }
    const alive = await getJson<Record<string, boolean>>(`${server.url}/api/workers?status=1`);
    expect(Object.keys(alive).sort()).toEqual([...oddWorkers].sort());
    expect((await readWorkers(server.url)).map(({ hostname }) => hostname).sort()).toEqual([...oddWorkers].sort());
    expect((await readStatus(server)).ingest).toMatchObject({ rejected: 0, error: null });
  });

  it('keeps any number of names of tasks, and lists them', async () => {
    const broker = await useBroker('amqp');
    const store = await useStore(engine);
    const server = await useServer({ broker, db: store.db });
    const publisher = usePublisher('amqp', broker);
    const names = Array.from(
      { length: engine === 'sqlite' || isFullSize ? 100_000 : 20_000 },
      (_, i) => `tasks.tenant_${i}.run`,
    );
    for (let at = 0; at < names.length; at += 10_000) {
      const messages = names.slice(at, at + 10_000).map((name, i) => ({
        type: 'task-received',
        uuid: `id-${at + i}`,
        name,
        hostname: 'w@h',
        timestamp: 1000 + at + i,
        clock: at + i,
        pid: 1,
      }));
      await publisher.publishOdd({ body: JSON.stringify(messages), ...json });
    }
    await vi.waitFor(async () => expect((await readStatus(server)).store.events).toBe(names.length), patiently);
    const types = await getJson<TaskTypesBody>(`${server.url}/api/task/types`);
    expect(types['task-types'].length).toBe(names.length);
    expect(new Set(types['task-types'])).toEqual(new Set(names));
    const found = await getJson<Record<string, TaskBody>>(`${server.url}/api/tasks?taskname=${names.at(-1)}`);
    expect(Object.keys(found)).toEqual([`id-${names.length - 1}`]);
  });
});
