import type { QueueDepthBody } from '../contract/queues.ts';
import type { StoreReader } from '../store/store.ts';

/** A week of minutes, which is as long as they are kept. */
const maxPoints = 10_080;

/** What waited in a queue, by minute, in order. Epoch seconds. */
export type QueueDepthQuery = (queue: string, from: number, to: number) => Promise<QueueDepthBody[]>;

export function openQueueDepthQuery(store: Pick<StoreReader, 'catalog'>): QueueDepthQuery {
  return async (queue, from, to) => {
    const rows = await store.catalog
      .selectFrom('queue_depths')
      .select(['minute', 'ready', 'unacked', 'consumers'])
      .where('queue', '=', queue)
      .where('minute', '>=', Math.floor(from / 60))
      .where('minute', '<=', Math.floor(to / 60))
      .orderBy('minute', 'desc')
      .limit(maxPoints)
      .execute();
    return rows.reverse().map(({ minute, ...depth }) => ({ at: minute * 60, ...depth }));
  };
}
