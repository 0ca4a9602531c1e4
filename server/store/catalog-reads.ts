import type { Kysely } from 'kysely';
import type { Worker } from '../domain/worker.ts';
import type { Gap, StoredWorker } from './store.ts';
import type { CatalogTables, SegmentTables } from './tables.ts';

/** Reads that are the same on both engines. */

type Counts = Map<string, Record<string, number>>;

export async function countsByHost(segments: Kysely<SegmentTables>[]): Promise<Counts> {
  const counts: Counts = new Map();
  for (const db of segments) {
    const rows = await db
      .selectFrom('counters')
      .select((eb) => ['hostname', 'type', eb.fn.sum<number>('events').as('events')])
      .groupBy(['hostname', 'type'])
      .execute();
    for (const { hostname, type, events } of rows) {
      const byType = counts.get(hostname) ?? (Object.create(null) as Record<string, number>);
      byType[type] = (byType[type] ?? 0) + events;
      counts.set(hostname, byType);
    }
  }
  return counts;
}

export async function readWorkers(catalog: Kysely<CatalogTables>, counts: Counts): Promise<StoredWorker[]> {
  const rows = await catalog
    .selectFrom('workers')
    .select(['hostname', 'worker'])
    .orderBy('last_seen', 'desc')
    .execute();
  return rows.map(({ hostname, worker }) => ({
    worker: JSON.parse(worker) as Worker,
    counts: counts.get(hostname) ?? {},
  }));
}

export async function readGaps(catalog: Kysely<CatalogTables>, limit: number): Promise<Gap[]> {
  const rows = await catalog
    .selectFrom('gaps')
    .select(['broker', 'from_at', 'to_at', 'why'])
    .orderBy('from_at', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ from: row.from_at, to: row.to_at, broker: row.broker, why: row.why as Gap['why'] }));
}
