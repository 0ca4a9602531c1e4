import { sql, type Kysely } from 'kysely';
import type { CoverageSlice } from '../domain/process-coverage.ts';
import type { SegmentTables } from '../store/tables.ts';

/** The SQL of coverage: what one segment has of some workers. Each goes by `senders`, for coverage's key begins with it. */

type Db = Kysely<SegmentTables>;

/** Minutes are epoch seconds / 60; `to` is not in it any more. */
export interface Minutes {
  from: number;
  to: number;
}

/** The workers that something is noted of, in order, at most `limit`. */
export async function readHostnames(db: Db, { from, to }: Minutes, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('senders')
    .select('hostname')
    .distinct()
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('coverage')
          .select('minute')
          .whereRef('coverage.sender_id', '=', 'senders.id')
          .where('minute', '>=', from)
          .where('minute', '<', to),
      ),
    )
    .orderBy('hostname')
    .limit(limit)
    .execute();
  return rows.map(({ hostname }) => hostname);
}

export interface ProcessSlice extends CoverageSlice {
  hostname: string;
  pid: number;
}

interface SliceRow {
  hostname: string;
  pid: number;
  bucket: number;
  started: number;
  grown: number;
  told: number;
  first: number | null;
  first_minute: number | null;
  started_by_then: number | null;
  last: number | null;
}

/**
 * The workers' slices, in order of process and bucket. A bucket has `step` minutes; `lead` more minutes before the range
 * are bucket -1. Differences are taken minute by minute, so that a number that went down is seen.
 */
export async function readSlices(
  db: Db,
  hostnames: string[],
  { from, to }: Minutes,
  step: number,
  lead: number,
): Promise<ProcessSlice[]> {
  const { rows } = await sql<SliceRow>`
    WITH notes AS (
      SELECT hostname, pid, minute, started, processed,
        lag(processed) OVER in_order AS previous,
        lead(processed) OVER in_order AS next,
        sum(started) OVER (PARTITION BY hostname, pid ORDER BY minute) AS started_by_then
      FROM senders JOIN coverage ON coverage.sender_id = senders.id
      WHERE hostname IN (${sql.join(hostnames)}) AND minute >= ${from - lead} AND minute < ${to}
      WINDOW in_order AS (PARTITION BY hostname, pid, processed IS NULL ORDER BY minute, processed)
    ), placed AS (
      SELECT *, CASE WHEN minute < ${from} THEN -1 ELSE cast((minute - ${from}) / ${step} AS integer) END AS bucket
      FROM notes
    )
    SELECT hostname, pid, bucket, sum(started) AS started, count(processed) AS told,
      coalesce(sum(CASE WHEN processed < previous THEN processed ELSE processed - previous END), 0) AS grown,
      max(CASE WHEN previous IS NULL THEN processed END) AS first,
      max(CASE WHEN previous IS NULL AND processed IS NOT NULL THEN minute END) AS first_minute,
      max(CASE WHEN previous IS NULL AND processed IS NOT NULL THEN started_by_then END) AS started_by_then,
      max(CASE WHEN next IS NULL THEN processed END) AS last
    FROM placed GROUP BY hostname, pid, bucket ORDER BY hostname, pid, bucket`.execute(db);
  return rows.map(({ first, first_minute, started_by_then, ...row }) => ({
    ...row,
    first: first === null ? null : { processed: first, minute: first_minute!, startedByThen: started_by_then ?? 0 },
  }));
}

export interface LastNumber {
  hostname: string;
  pid: number;
  minute: number;
  processed: number;
}

/** The last number that each process of the workers told before a minute. */
export async function readLastNumbers(db: Db, hostnames: string[], before: number): Promise<LastNumber[]> {
  const { rows } = await sql<LastNumber>`
    SELECT hostname, pid, minute, processed
    FROM senders JOIN coverage ON coverage.sender_id = senders.id AND minute = (
      SELECT max(minute) FROM coverage AS earlier
      WHERE earlier.sender_id = senders.id AND earlier.minute < ${before} AND earlier.processed IS NOT NULL)
    WHERE hostname IN (${sql.join(hostnames)})
    ORDER BY hostname, pid, minute, processed`.execute(db);
  return rows;
}
