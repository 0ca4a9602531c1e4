/** What a question begins with: what there is at that moment, and which changes had been made by then. */
import type { RunQuery } from './postgres-columns.ts';

export interface Moment {
  /** What Postgres calls a snapshot: the same text, the same content of the whole database. */
  readonly snapshot: string;
  /** Of that snapshot: of transactions from this number on, changes may be missing in it, or in what was read then. */
  readonly xmin: number;
  /** No transaction from this number on had ended. */
  readonly xmax: number;
  readonly segments: readonly SegmentRow[];
  /** The greatest id of a task. */
  readonly newest: number | null;
}

interface SegmentRow {
  id: number;
  schema: number;
}

export const readSnapshot = 'SELECT txid_current_snapshot()::text AS snapshot';

const readAll = `${readSnapshot}, (SELECT max(id) FROM tasks) AS newest,
  (SELECT coalesce(json_agg(json_build_object('id', id, 'schema', schema) ORDER BY id), '[]') FROM segments) AS segments`;

export async function readMoment(query: RunQuery): Promise<Moment> {
  const [row] = await query<Pick<Moment, 'snapshot' | 'segments' | 'newest'>>(readAll, []);
  const [xmin, xmax] = row!.snapshot.split(':', 2).map(Number);
  return { ...row!, xmin: xmin!, xmax: xmax! };
}

/** Whether what is right at `known` is so at `moment` too. */
export const isAsOf = (known: Moment, moment: Moment): boolean =>
  known.snapshot === moment.snapshot || known.xmax > moment.xmax;

/** A condition: the row was written by a transaction that may have ended after `moment`. Its parameter is {@link toXid}. */
export const writtenSince = (parameter: string): string => `age(xmin) <= age(${parameter}::xid)`;

/** Transactions are counted in 64 bits, but written into rows in 32. */
export const toXid = ({ xmin }: Moment): string => String(xmin % 2 ** 32);
