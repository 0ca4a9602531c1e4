import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { expectWhole, startBurst } from '../helpers/burst.ts';
import { useFileSizeLimit, useSmallDisk } from '../helpers/small-disk.ts';
import { getJson, patiently, readStatus, untilStored, useBroker, usePublisher, useServer } from '../helpers/stage.ts';
import { storeAt } from '../helpers/stores.ts';

const mebi = 1024 * 1024;

const small = { bytes: 10 * mebi, fileBytes: 4 * mebi };
/** Those before it fit in on their own: what follows may be one batch, which fits in whole or not at all. */
const firstTask = 200;
const segments = ['--segment-tasks', '1000', '--events-prefetch', '500'];

describe.each([
  ['a full disk', 'amqp', () => useSmallDisk(small), []],
  ['a full disk', 'redis', () => useSmallDisk(small), []],
  ['a disk full of segments', 'amqp', () => useSmallDisk({ ...small, fileBytes: mebi }), segments],
  ['files that may not grow', 'amqp', () => useFileSizeLimit(small.fileBytes), []],
] as const)('%s, on %s', (_, kind, useDisk, args) => {
  it('is said, does not stop reading, and costs nothing once there is room', async () => {
    const broker = await useBroker(kind);
    const disk = useDisk();
    const db = join(disk.folder, 'history');
    const server = await useServer({ broker, db, args: [...args], under: disk.under });
    const publisher = usePublisher(kind, broker);
    const first = startBurst(publisher, { tasks: firstTask, seconds: 0 });
    await first.done;
    await untilStored(server, first.sent.length);
    const burst = startBurst(publisher, { tasks: 6000, seconds: 0, firstTask });
    await vi.waitFor(async () => expect((await readStatus(server)).ingest.error).toMatch(disk.says), patiently);
    await burst.done;
    const { store } = await readStatus(server);
    const events = first.sent.length + burst.sent.length;
    expect(store.events).toBeGreaterThanOrEqual(first.sent.length);
    expect(store.events).toBeLessThan(events);
    expect(Object.keys(await getJson<object>(`${server.url}/api/tasks?limit=5`))).toHaveLength(5);
    expect((await fetch(`${server.url}/healthcheck`)).status).toBe(200);
    expect(server.log()).toMatch(disk.says);

    disk.enlarge(server.pid);
    await untilStored(server, events);
    await vi.waitFor(async () => {
      expect((await readStatus(server)).ingest).toMatchObject({ error: null, backlog: 0, dropped: 0, rejected: 0 });
    }, patiently);
    expect((await readStatus(server)).gaps).toEqual([]);
    expect(await server.stop()).toBe(0);
    await expectWhole(storeAt('sqlite', db), [first, burst]);
  });
});
