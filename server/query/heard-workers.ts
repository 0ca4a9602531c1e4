import type { Worker } from '../domain/worker.ts';
import { maxWorkers } from '../store/catalog-reads.ts';
import type { StoreReader } from '../store/store.ts';

/** Workers that were heard since then, by whichever process that writes to the store. Epoch seconds. */
export async function readHeardWorkers({ catalog }: Pick<StoreReader, 'catalog'>, since: number): Promise<Worker[]> {
  const rows = await catalog
    .selectFrom('workers')
    .select('worker')
    .where('last_seen', '>=', since)
    .orderBy('last_seen', 'desc')
    .limit(maxWorkers)
    .execute();
  return rows.map(({ worker }) => JSON.parse(worker) as Worker);
}
