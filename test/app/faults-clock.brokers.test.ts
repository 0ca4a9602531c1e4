import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { TaskBody } from '../../server/contract/tasks.ts';
import { expectLossOnlyIn, expectWhole, startBurst } from '../helpers/burst.ts';
import {
  getJson,
  patiently,
  readStatus,
  untilStored,
  useBroker,
  usePublisher,
  useServer,
  useStore,
} from '../helpers/stage.ts';

const hour = 3600;

/** The environment of a program whose clock can be set, and how to set it wrong. */
function useClock(): { env: Record<string, string>; setWrongBy(seconds: number): void } {
  const folder = mkdtempSync(join(tmpdir(), 'herbarium-clock-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'seconds');
  const setWrongBy = (seconds: number) => writeFileSync(file, String(seconds));
  setWrongBy(0);
  const preload = new URL('../helpers/jumping-clock.js', import.meta.url).href;
  return { env: { JUMPING_CLOCK: file, NODE_OPTIONS: `--import ${preload}` }, setWrongBy };
}

describe.each(['redis', 'amqp'] as const)('our own clock, on %s', (kind) => {
  it('may jump back and forth by an hour in a burst: nothing is lost, and nothing is called a gap', async () => {
    const broker = await useBroker(kind);
    const store = await useStore();
    const clock = useClock();
    const server = await useServer({ broker, db: store.db, env: clock.env });
    const burst = startBurst(usePublisher(kind, broker), { tasks: 2000, seconds: 4 });
    await sleep(1000);
    clock.setWrongBy(-hour);
    await sleep(1500);
    clock.setWrongBy(hour);
    await sleep(1500);
    clock.setWrongBy(0);
    await burst.done;
    await untilStored(server, burst.sent.length);
    const { gaps, ingest } = await readStatus(server);
    expect(gaps).toEqual([]);
    expect(ingest.lag_ms).toBeGreaterThanOrEqual(0);
    expect(await server.stop()).toBe(0);
    await expectWhole(store, [burst]);
  });
});

it('bounds a gap after a kill rightly although our clock was set back before it', async () => {
  const broker = await useBroker('redis');
  const store = await useStore();
  const clock = useClock();
  const start = () => useServer({ broker, db: store.db, env: clock.env });
  const first = await start();
  await sleep(1500);
  clock.setWrongBy(-hour);
  const burst = startBurst(usePublisher('redis', broker), { tasks: 2000, seconds: 6 });
  await sleep(4000);
  await first.kill();
  const second = await start();
  await burst.done;
  await sleep(1500);
  // Told by a clock that is an hour slow.
  const told = (await readStatus(second)).gaps;
  const gaps = told.map((gap) => ({ ...gap, from: gap.from + hour, to: gap.to! + hour }));
  await second.stop();
  expect(gaps.length).toBeGreaterThan(0);
  const { lost } = await expectLossOnlyIn(gaps, store, burst);
  expect(lost.length).toBeGreaterThan(0);
  expect(gaps[0]!.to - gaps[0]!.from).toBeLessThan(60);
});

it.each([-hour, hour])("tells a task's end although its worker's clock jumps by %i s while it runs", async (jump) => {
  const broker = await useBroker('amqp');
  const store = await useStore();
  const server = await useServer({ broker, db: store.db });
  const now = Date.now() / 1000;
  const event = (type: string, timestamp: number, clock: number, fields = {}) => ({
    ...{ type, timestamp, clock, uuid: 'jumped', hostname: 'w@h', pid: 1, utcoffset: 0 },
    ...fields,
  });
  const events = [
    event('task-received', now, 1, { name: 'tasks.add' }),
    event('task-started', now + 1, 2),
    event('task-succeeded', now + 2 + jump, 3, { result: '3', runtime: 1 }),
    {
      type: 'worker-heartbeat',
      hostname: 'w@h',
      pid: 1,
      clock: 4,
      timestamp: now + jump,
      freq: 2,
      active: 0,
      processed: 1,
    },
  ];
  const json = { contentType: 'application/json', contentEncoding: 'utf-8' };
  await usePublisher('amqp', broker).publishOdd({ body: JSON.stringify(events), ...json });
  await vi.waitFor(async () => {
    expect(await getJson<TaskBody>(`${server.url}/api/task/info/jumped`)).toMatchObject({
      state: 'SUCCESS',
      result: '3',
    });
  }, patiently);
  expect(await getJson(`${server.url}/api/workers?status=1`)).toEqual({ 'w@h': true });
});
