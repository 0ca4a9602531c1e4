/**
 * In: which tasks are of interest. Out: those whose end is not known, as far as one needs to know them to ask workers
 * and the result backend. One body for both engines; never more than the limit, and by index only.
 */
import { fromIdKey, toIdKey } from '../store/id-key.ts';
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
  /** Also those that no worker has received. */
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

/** RETRY is none: the task comes back. Nor is LOST, for whoever was taken for dead may be back. */
const ends = new Set(['SUCCESS', 'FAILURE', 'REVOKED', 'REJECTED']);
const idsAtOnce = 500;
/** Users name custom states; a cluster that makes up more of them is not followed into each. */
const mostStates = 50;

export function openOpenTaskQueries(store: StoreReader): OpenTaskQueries {
  return {
    list: (filter) => listOpen(store, filter),
    find: (uuids) => findKnown(store, uuids),
  };
}

async function listOpen(store: StoreReader, filter: OpenTaskFilter): Promise<OpenTask[]> {
  const found: OpenTask[] = [];
  for (const segment of await store.segments()) {
    const rows = await Promise.all(
      (await listOpenStates(segment, filter)).map((state) => selectState(segment, state, filter)),
    );
    const newestFirst = rows.flat().sort((a, b) => (b.received ?? -1) - (a.received ?? -1) || b.id - a.id);
    found.push(...newestFirst.map(toOpenTask));
    if (found.length >= filter.limit) return found.slice(0, filter.limit);
  }
  return found;
}

/** One step of the index on `state` for each state there is. */
async function listOpenStates({ db }: Segment, { pending }: OpenTaskFilter): Promise<string[]> {
  const states: string[] = [];
  for (let last = ''; states.length < mostStates; last = states.at(-1)!) {
    const row = await db
      .selectFrom('tasks')
      .select((eb) => eb.fn.min<string | null>('state').as('state'))
      .where('state', '>', last)
      .executeTakeFirst();
    if (typeof row?.state !== 'string') break;
    states.push(row.state);
  }
  return states.filter((state) => !ends.has(state) && (pending || state !== 'PENDING'));
}

type OpenRow = Awaited<ReturnType<typeof selectState>>[number];

function selectState({ db }: Segment, state: string, { limit, notOf }: OpenTaskFilter) {
  let select = selectOpen(db).where('state', '=', state);
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
