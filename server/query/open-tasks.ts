/**
 * In: which tasks are of interest. Out: those whose end is not known, as far as one needs to know them to ask workers
 * and the result backend. One body for both engines; never more than the limit, and by index only.
 */
import { sql, type SqlBool } from 'kysely';
import { fromIdKey, toIdKey } from '../store/id-key.ts';
import { isOpen } from '../store/indexed-conditions.ts';
import type { Segment, StoreReader } from '../store/store.ts';

/** A task as reconciliation needs it. Times are epoch seconds. */
export interface OpenTask {
  uuid: string;
  state: string;
  /** When what decided its state happened. */
  timestamp: number;
  worker: string | null;
  /** Whether its name, and its arguments, are known. */
  isNamed: boolean;
  isDescribed: boolean;
}

export interface OpenTaskFilter {
  limit: number;
  /** Also those that no worker has now: not received yet, waiting for another try, or lost. */
  pending: boolean;
  /** Only tasks of a worker, and of none of these. */
  notOf?: readonly string[];
}

export interface OpenTaskQueries {
  /** Tasks that have not ended, those received last first. */
  list(filter: OpenTaskFilter): Promise<OpenTask[]>;
  /** Those of `uuids` that were ever seen, whatever their state. */
  find(uuids: readonly string[]): Promise<OpenTask[]>;
}

const idsAtOnce = 500;

export function openOpenTaskQueries(store: StoreReader): OpenTaskQueries {
  return {
    list: (filter) => listOpen(store, filter),
    find: (uuids) => findKnown(store, uuids),
  };
}

async function listOpen(store: StoreReader, filter: OpenTaskFilter): Promise<OpenTask[]> {
  const found: OpenTask[] = [];
  for (const segment of await store.segments()) {
    const rows = await selectNewest(segment, filter);
    found.push(...rows.map(toOpenTask));
    if (found.length >= filter.limit) return found.slice(0, filter.limit);
  }
  return found;
}

type OpenRow = Awaited<ReturnType<typeof selectNewest>>[number];

function selectNewest({ db }: Segment, { limit, pending, notOf }: OpenTaskFilter) {
  let select = selectOpen(db).where(sql<SqlBool>`${sql.raw(isOpen)}`);
  if (!pending) select = select.where('state', 'not in', ['PENDING', 'RETRY', 'LOST']);
  if (notOf) select = select.where('worker', 'is not', null);
  if (notOf && notOf.length > 0) select = select.where('worker', 'not in', notOf);
  return select
    .orderBy('received', (order) => order.desc().nullsLast())
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

function selectOpen(db: Segment['db']) {
  return db
    .selectFrom('tasks')
    .select(['id', 'uuid', 'state', 'timestamp', 'received', 'worker', 'name'])
    .select((eb) => eb('args', 'is not', null).as('described'));
}

async function findKnown(store: StoreReader, uuids: readonly string[]): Promise<OpenTask[]> {
  const found: OpenTask[] = [];
  const segments = await store.segments();
  for (let at = 0; at < uuids.length; at += idsAtOnce) {
    const keys = uuids.slice(at, at + idsAtOnce).map(toIdKey);
    for (const { db } of segments) {
      const rows = await selectOpen(db).where('uuid', 'in', keys).execute();
      found.push(...rows.map(toOpenTask));
    }
  }
  return found;
}

/** A condition is 0 or 1 on one engine, false or true on the other. */
function toOpenTask({ uuid, state, timestamp, worker, name, described }: OpenRow): OpenTask {
  return {
    uuid: fromIdKey(uuid),
    state,
    timestamp,
    worker,
    isNamed: name !== null,
    isDescribed: Boolean(described),
  };
}
