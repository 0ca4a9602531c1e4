import { sql } from 'kysely';
import type { QueueDepthBody, QueueDepthsBody } from '../contract/queues.ts';
import type { StoreReader } from '../store/store.ts';

/** A week of minutes, the newest of what was asked for. */
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

/** What waited in all queues, in stretches of time. Epoch seconds. */
export type AllQueueDepthsQuery = (from: number, to: number) => Promise<QueueDepthsBody>;

/** Minutes of a stretch: the first that gives at most this many. */
const steps = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440];
const mostStretches = 120;
/** A cluster with a queue a customer has thousands: nobody tells as many lines apart. */
const mostRows = 50 * mostStretches;

export function openAllQueueDepthsQuery(store: Pick<StoreReader, 'catalog'>): AllQueueDepthsQuery {
  return async (from, to) => {
    const minutes = Math.max(1, Math.ceil((to - from) / 60));
    const step = steps.find((each) => minutes / each <= mostStretches) ?? Math.ceil(minutes / mostStretches);
    const first = Math.floor(from / 60 / step);
    const rows = await store.catalog
      .selectFrom('queue_depths')
      .select(({ fn }) => ['queue', sql<number>`minute / ${sql.lit(step)}`.as('stretch'), fn.max('ready').as('ready')])
      .where('minute', '>=', first * step)
      .where('minute', '<=', Math.floor(to / 60))
      .groupBy(['queue', 'stretch'])
      .orderBy('queue')
      .orderBy('stretch')
      .limit(mostRows)
      .execute();
    const queues = new Map<string, { at: number; ready: number }[]>();
    for (const { queue, stretch, ready } of rows) {
      const points = queues.get(queue) ?? [];
      queues.set(queue, points);
      points.push({ at: stretch * step * 60, ready: Number(ready) });
    }
    const listed = [...queues].map(([queue, points]) => ({ queue, points }));
    return { from: first * step * 60, to, step: step * 60, queues: listed };
  };
}
