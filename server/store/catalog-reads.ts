import type { Kysely } from 'kysely';
import type { Worker } from '../domain/worker.ts';
import type { Gap } from '../ingest/gaps.ts';
import type { RetentionStatusBody } from '../contract/status.ts';
import type { StoredWorker } from './store.ts';
import type { CatalogTables, SegmentTables } from './tables.ts';

/** Reads that are the same on both engines. */

/** SQLite takes 32,766 parameters in one statement, and nobody watches more workers than this. */
export const maxWorkers = 20_000;

type Counts = Map<string, Record<string, number>>;

/** Of these hosts alone: the senders of a long history are many, for each process of a client is one. */
async function countsOf(hostnames: string[], segments: Kysely<SegmentTables>[]): Promise<Counts> {
  const counts: Counts = new Map();
  if (hostnames.length === 0) return counts;
  for (const db of segments) {
    const rows = await db
      .selectFrom('counters')
      .select((eb) => ['hostname', 'type', eb.fn.sum<number>('events').as('events')])
      .where('hostname', 'in', hostnames)
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

/** Those heard last first, at most {@link maxWorkers}. */
export async function readWorkers(
  catalog: Kysely<CatalogTables>,
  segments: Kysely<SegmentTables>[],
): Promise<StoredWorker[]> {
  const rows = await catalog
    .selectFrom('workers')
    .select(['hostname', 'worker'])
    .orderBy('last_seen', 'desc')
    .limit(maxWorkers)
    .execute();
  const counts = await countsOf(
    rows.map((row) => row.hostname),
    segments,
  );
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

/** In `facts`, before the id of a task: a JSON list of the one that it repeats, and of those that repeat it. */
export const rerunKeys = { retryOf: 'retry_of ', retriedAs: 'retried_as ' } as const;

/** In `facts`, before the host name. */
export const inspectionKey = 'inspection ';

export async function readInspections(catalog: Kysely<CatalogTables>): Promise<[hostname: string, json: string][]> {
  const rows = await catalog
    .selectFrom('facts')
    .select(['key', 'value'])
    .where('key', 'like', `${inspectionKey}%`)
    .limit(maxWorkers)
    .execute();
  return rows.map(({ key, value }) => [key.slice(inspectionKey.length), value]);
}

/** The fact that says what the retention did last, and when it will look again. */
export const retentionFact = 'retention';

export function toRetentionStatus(fact: string | undefined): RetentionStatusBody {
  return fact === undefined ? { last: null, next: null } : (JSON.parse(fact) as RetentionStatusBody);
}

export async function readRetention(catalog: Kysely<CatalogTables>): Promise<RetentionStatusBody> {
  const row = await catalog.selectFrom('facts').select('value').where('key', '=', retentionFact).executeTakeFirst();
  return toRetentionStatus(row?.value);
}
