import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { expectLossOnlyIn, startBurst } from '../helpers/burst.ts';
import { patiently, readStatus, untilCaughtUp, usePublisher, useRedis, useServer, useStore } from '../helpers/stage.ts';

/** 20 MB, of which the system's buffers between Redis and us hold up to 10. */
const tasks = 10_000;

it('a server too slow for Redis, cut off in a burst, lost nothing but in gaps of that name', async () => {
  const redis = await useRedis(['--client-output-buffer-limit', 'pubsub 4mb 4mb 0']);
  const client = new Redis(redis.url);
  onTestFinished(() => client.disconnect());
  const store = await useStore();
  const server = await useServer({ broker: redis.url, db: store.db });
  process.kill(server.pid, 'SIGSTOP');
  const burst = startBurst(usePublisher('redis', redis.url), { tasks, seconds: 0 });
  try {
    await vi.waitFor(async () => expect(await client.pubsub('NUMPAT')).toBe(0), patiently);
  } finally {
    process.kill(server.pid, 'SIGCONT');
  }
  await burst.done;
  await vi.waitFor(async () => {
    const { gaps } = await readStatus(server);
    expect(gaps).not.toEqual([]);
    expect(gaps).toEqual(gaps.map((gap) => ({ ...gap, why: 'cut-off', to: expect.any(Number) as number })));
  }, patiently);
  await untilCaughtUp(server, Date.now());
  const { gaps } = await readStatus(server);
  await server.stop();
  const { lost } = await expectLossOnlyIn(gaps, store, burst);
  expect(lost.length).toBeGreaterThan(0);
  expect(lost.length).toBeLessThan(burst.sent.length);
});
