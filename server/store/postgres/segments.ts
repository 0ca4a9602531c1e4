import type pg from 'pg';
import { partitioned, statements } from './statements.ts';

export interface SegmentRecord {
  id: number;
  created_at: number;
  sealed_at: number | null;
  tasks: number;
}

export interface SegmentLimits {
  tasks: number;
  seconds: number;
}

/**
 * The current segment and the one before it, newest first; begins a new one when it is due. Asked for in each batch's
 * transaction and under its lock, since another process may have begun one meanwhile.
 */
export async function currentSegments(
  client: pg.ClientBase,
  limits: SegmentLimits,
  nowSeconds: number,
): Promise<[SegmentRecord, ...SegmentRecord[]]> {
  const { rows } = await client.query<SegmentRecord>(statements.lastSegments);
  const [last] = rows;
  if (last && !isDue(last, limits, nowSeconds)) return [last, ...rows.slice(1)];
  if (last) await client.query(statements.sealSegment, [last.id, nowSeconds]);
  const begun: SegmentRecord = { id: (last?.id ?? 0) + 1, created_at: nowSeconds, sealed_at: null, tasks: 0 };
  await begin(client, begun);
  return [begun, ...rows.slice(0, 1)];
}

function isDue(segment: SegmentRecord, limits: SegmentLimits, nowSeconds: number): boolean {
  if (segment.tasks === 0) return false;
  return segment.tasks >= limits.tasks || nowSeconds >= segment.created_at + limits.seconds;
}

/** A table of its own first, attached then: unlike `PARTITION OF` this does not shut readers out. */
async function begin(client: pg.ClientBase, { id, created_at }: SegmentRecord): Promise<void> {
  for (const table of partitioned) {
    const partition = `${table}_${id}`;
    await client.query(`CREATE TABLE ${partition} (LIKE ${table} INCLUDING ALL EXCLUDING IDENTITY)`);
    await client.query(`ALTER TABLE ${table} ATTACH PARTITION ${partition} FOR VALUES IN (${id})`);
  }
  await client.query(statements.addSegment, [id, created_at]);
}
