import type { StoreReader } from '../store/store.ts';

/** When the oldest stored task was received, epoch seconds; null: there is none. */
export async function readBegin({ catalog }: Pick<StoreReader, 'catalog'>): Promise<number | null> {
  const { oldest } = await catalog
    .selectFrom('segments')
    .select(({ fn }) => fn.min('oldest').as('oldest'))
    .executeTakeFirstOrThrow();
  return oldest;
}
