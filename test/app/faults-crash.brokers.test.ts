import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { expectLossOnlyIn, expectWhole, isFullSize, startBurst } from '../helpers/burst.ts';
import { readStatus, useBroker, usePublisher, useServer, useStore, untilStored } from '../helpers/stage.ts';

const kills = isFullSize ? 5 : 3;
/** Of 4.1 events each. */
const tasks = isFullSize ? 50_000 : 3000;
const amqpSeconds = isFullSize ? 10 : 6;
const redisSeconds = isFullSize ? 20 : 8;

it('on RabbitMQ, killed again and again in a burst, has every task once and in its final state', async () => {
  const broker = await useBroker('amqp');
  const store = await useStore();
  let server = await useServer({ broker, db: store.db });
  const burst = startBurst(usePublisher('amqp', broker), { tasks, seconds: amqpSeconds });
  await untilStored(server, 1);
  for (let kill = 0; kill < kills; kill++) {
    await sleep(200 + kill * 90);
    await server.kill();
    if (kill === 0) expect(burst.isOver).toBe(false);
    server = await useServer({ broker, db: store.db });
  }
  await burst.done;
  await untilStored(server, burst.sent.length);
  expect((await readStatus(server)).gaps).toEqual([]);
  await server.stop();
  await expectWhole(store, [burst]);
});

it('on Redis, killed again and again in a burst, lost nothing but in a gap for each time', async () => {
  const broker = await useBroker('redis');
  const store = await useStore();
  let server = await useServer({ broker, db: store.db });
  const burst = startBurst(usePublisher('redis', broker), { tasks, seconds: redisSeconds });
  const absences: { killedAt: number; backAt: number }[] = [];
  for (let kill = 0; kill < kills; kill++) {
    await sleep(1500);
    const killedAt = Date.now() / 1000;
    await server.kill();
    await sleep(300);
    server = await useServer({ broker, db: store.db });
    absences.push({ killedAt, backAt: Date.now() / 1000 });
  }
  await burst.done;
  await sleep(1500);
  const gaps = (await readStatus(server)).gaps.reverse();
  await server.stop();
  expect(gaps).toHaveLength(kills);
  for (const [index, { killedAt, backAt }] of absences.entries()) {
    const { from, to, why } = gaps[index]!;
    expect(why).toBe('crashed');
    // A snapshot a second, after a batch of half a second; the rest is for a machine that is busy.
    expect(killedAt - from).toBeLessThan(10);
    expect(killedAt - from).toBeGreaterThan(-1);
    expect(to).toBeGreaterThan(killedAt);
    expect(to).toBeLessThanOrEqual(backAt);
  }
  const { lost } = await expectLossOnlyIn(gaps, store, burst);
  expect(lost.length).toBeGreaterThan(0);
});
