import { expect, test } from 'vitest';
import type { BrokerLook, QueueLook } from '../../server/brokers/queue-looks.ts';
import type { NamedQueueDepth } from '../../server/contract/queues.ts';
import { QueueWatch } from '../../server/control/queue-watch.ts';

const look = (changes: Partial<QueueLook> = {}): QueueLook => ({
  ...{ name: 'mail', ready: 4, unacked: null, consumers: null, byPriority: null, publishRate: null, deliverRate: null },
  ...{ oldest: { uuid: 'a', since: null }, record: null },
  ...changes,
});

/** Two workers said that they consume `mail`; one of them lives. */
function open(sent: number | null = null) {
  const state = {
    now: 1000,
    looks: [look()],
    asked: [] as (readonly string[])[],
    saved: [] as NamedQueueDepth[],
    failing: false,
  };
  const broker = async (): Promise<BrokerLook> => Promise.reject(new Error('not asked here'));
  const queues = async (names: readonly string[]) => {
    state.asked.push(names);
    if (state.failing) throw new Error('gone');
    return state.looks;
  };
  const consumes = { active_queues: [{ name: 'mail' }], timestamp: 1 };
  const watch = new QueueWatch(
    {
      looks: { queues, broker, close: async () => undefined },
      inspections: () => [
        ['w1', consumes],
        ['w2', consumes],
      ],
      isAlive: (hostname) => hostname === 'w1',
      sentAt: async () => sent,
      save: (depths) => state.saved.push(...depths),
      log: { info: () => undefined, warn: () => undefined },
      now: () => state.now,
    },
    { everyMs: 1000, queues: ['slow'], brokerUrl: 'redis://localhost' },
  );
  return { watch, state };
}

test('looks at the queues that workers consume, and at those the user names, once for all who ask at once', async () => {
  const { watch, state } = open();
  await Promise.all([watch.list(), watch.lengths(), watch.list()]);
  expect(state.asked).toEqual([['slow', 'mail']]);
});

test('counts the workers that live where the broker counts no consumers', async () => {
  const { queues } = await open().watch.list();
  expect(queues[0]).toMatchObject({ name: 'mail', consumers: 1, workers: ['w1', 'w2'] });
});

test('the oldest message waits since it was sent, or at least since it was first seen', async () => {
  expect((await open(400).watch.list()).queues[0]?.oldest).toEqual({ uuid: 'a', age: 600, at_least: false });
  const { watch, state } = open();
  await watch.list();
  state.now = 1030;
  const { queues } = await watch.list();
  expect(queues[0]).toMatchObject({ growth: 0, oldest: { uuid: 'a', age: 30, at_least: true } });
});

test('keeps one depth a minute, and what it last knew while the broker is away', async () => {
  const { watch, state } = open();
  await watch.list();
  state.now = 1005;
  await watch.list();
  expect(state.saved).toEqual([{ queue: 'mail', at: 960, ready: 4, unacked: null, consumers: 1 }]);
  state.failing = true;
  state.now = 1100;
  expect(await watch.list()).toMatchObject({
    queues: [{ at: 1005, ready: 4 }],
    error: expect.stringContaining('gone') as string,
  });
  await expect(watch.lengths()).rejects.toThrow('gone');
});
