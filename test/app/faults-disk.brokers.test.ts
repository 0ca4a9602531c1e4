import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { expectWhole, startBurst } from '../helpers/burst.ts';
import { useFileSizeLimit, useSmallDisk } from '../helpers/small-disk.ts';
import { getJson, patiently, readStatus, untilStored, useBroker, usePublisher, useServer } from '../helpers/stage.ts';
import { storeAt } from '../helpers/stores.ts';

const mebi = 1024 * 1024;

const small = { bytes: 10 * mebi, fileBytes: 4 * mebi };
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
    const burst = startBurst(usePublisher(kind, broker), { tasks: 6000, seconds: 0 });
    await vi.waitFor(async () => expect((await readStatus(server)).ingest.error).toMatch(disk.says), patiently);
    await burst.done;
    const { store } = await readStatus(server);
    expect(store.events).toBeGreaterThan(0);
    expect(store.events).toBeLessThan(burst.sent.length);
    expect(Object.keys(await getJson<object>(`${server.url}/api/tasks?limit=5`))).toHaveLength(5);
    expect((await fetch(`${server.url}/healthcheck`)).status).toBe(200);
    expect(server.log()).toMatch(disk.says);

    disk.enlarge(server.pid);
    await untilStored(server, burst.sent.length);
    await vi.waitFor(async () => {
      expect((await readStatus(server)).ingest).toMatchObject({ error: null, backlog: 0, dropped: 0, rejected: 0 });
    }, patiently);
    expect((await readStatus(server)).gaps).toEqual([]);
    expect(await server.stop()).toBe(0);
    await expectWhole(storeAt('sqlite', db), [burst]);
  });
});
