import { sql, type SqlBool } from 'kysely';
import { isOpen } from '../store/indexed-conditions.ts';
import type { StoreReader } from '../store/store.ts';

/** Tasks of one name without an ETA that a worker has received and not begun. */
export interface PrefetchedTasks {
  worker: string;
  /** Empty while it is not known. */
  task: string;
  tasks: number;
}

/** By the index of tasks that have not ended. A pair may come more than once, for each segment. */
export async function readPrefetched(store: Pick<StoreReader, 'segments'>): Promise<PrefetchedTasks[]> {
  const found: PrefetchedTasks[] = [];
  for (const { db } of await store.segments()) {
    const rows = await db
      .selectFrom('tasks')
      .select((eb) => ['worker', 'name', eb.fn.countAll<number>().as('tasks')])
      .where(sql<SqlBool>`${sql.raw(isOpen)}`)
      .where('state', '=', 'RECEIVED')
      .where('eta', 'is', null)
      .where('worker', 'is not', null)
      .groupBy(['worker', 'name'])
      .execute();
    found.push(...rows.map(({ worker, name, tasks }) => ({ worker: worker ?? '', task: name ?? '', tasks })));
  }
  return found;
}
