import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { expectLossOnlyIn, startBurst } from '../helpers/burst.ts';
import { patiently, readStatus, untilStored, usePublisher, useServer, useStore, useVhost } from '../helpers/stage.ts';

it('a queue on RabbitMQ that was too small for our absence is a gap, outside of which nothing is lost', async () => {
  const { url: broker } = await useVhost();
  const store = await useStore();
  const start = () => useServer({ broker, db: store.db, args: ['--events-queue-max-bytes', '200KiB'] });
  const publisher = usePublisher('amqp', broker);
  const first = await start();
  const burst = startBurst(publisher, { tasks: 2000, seconds: 4 });
  await untilStored(first, 1000);
  const stoppedAt = Date.now() / 1000;
  await first.stop();
  await burst.done;
  const second = await start();
  await vi.waitFor(
    async () =>
      expect((await readStatus(second)).gaps).toMatchObject([{ why: 'overflow', to: expect.any(Number) as number }]),
    patiently,
  );
  expect(second.log()).toMatch(/queue is full/);
  await sleep(1500);
  const { gaps } = await readStatus(second);
  await second.stop();
  expect(gaps).toHaveLength(1);
  expect(Math.abs(gaps[0]!.from - stoppedAt)).toBeLessThan(5);
  const { lost } = await expectLossOnlyIn(gaps, store, burst);
  expect(lost.length).toBeGreaterThan(0);
});
