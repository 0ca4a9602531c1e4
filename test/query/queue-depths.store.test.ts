import { expect, it } from 'vitest';
import { openAllQueueDepthsQuery, openQueueDepthQuery } from '../../server/query/queue-depths.ts';
import { keepAll } from '../../server/store/retention.ts';
import { makeStore, onEveryEngine } from '../helpers/stores.ts';

onEveryEngine((engine) => {
  it('tells what waited in each queue, the most of each stretch, and in one of them by the minute', async () => {
    const store = await makeStore(engine);
    const writer = await store.openWriter();
    const hour = 1_795_000_000 - (1_795_000_000 % 3600);
    const depth = (queue: string, minute: number, ready: number) => ({
      queue,
      at: hour + minute * 60,
      ready,
      unacked: null,
      consumers: 1,
    });
    await writer.saveQueueDepths([
      depth('mail', 0, 1),
      depth('mail', 1, 7),
      depth('mail', 2, 3),
      depth('orders', 1, 4),
    ]);
    const reader = await store.openReader();
    expect(await openAllQueueDepthsQuery(reader)(hour, hour + 150)).toEqual({
      from: hour,
      to: hour + 150,
      step: 60,
      queues: [
        { queue: 'mail', points: [0, 1, 2].map((minute) => ({ at: hour + minute * 60, ready: [1, 7, 3][minute] })) },
        { queue: 'orders', points: [{ at: hour + 60, ready: 4 }] },
      ],
    });
    // Three hours are told in stretches of two minutes.
    const long = await openAllQueueDepthsQuery(reader)(hour - 3600, hour + 7200);
    expect(long).toMatchObject({ step: 120, from: hour - 3600 });
    expect(long.queues[0]?.points).toEqual([
      { at: hour, ready: 7 },
      { at: hour + 120, ready: 3 },
    ]);
    expect((await openQueueDepthQuery(reader)('mail', hour + 60, hour + 120)).map(({ ready }) => ready)).toEqual([
      7, 3,
    ]);
    await Promise.all([writer.close(), reader.close()]);
    await store.remove();
  });

  it.each([
    [undefined, [2, 6]],
    [{ ...keepAll, metrics: 86_400 }, [6]],
    [{ ...keepAll, metrics: 30 * 86_400 }, [-2, 2, 6]],
  ])('keeps that for a week, or as long as it is told: %o', async (retention, keptDays) => {
    const store = await makeStore(engine);
    const writer = await store.openWriter({ retention });
    const start = 1_795_000_020;
    const toDay = (day: number): number => start + day * 86_400;
    for (const day of [-2, 2, 6]) {
      await writer.saveQueueDepths([{ queue: 'mail', at: toDay(day), ready: day + 2, unacked: null, consumers: 1 }]);
    }
    const reader = await store.openReader();
    const depths = await openQueueDepthQuery(reader)('mail', toDay(-9), toDay(9));
    expect(depths.map(({ at }) => at)).toEqual(keptDays.map(toDay));
    await Promise.all([writer.close(), reader.close()]);
    await store.remove();
  });
});
