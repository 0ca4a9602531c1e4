import type { GapBody } from '../contract/status.ts';
import type { StoreReader } from '../store/store.ts';
import type { TimeRange } from './time-range.ts';

const maxGaps = 1000;

/** How many gaps are stored, and how many of them have not ended. */
export async function countGaps(store: Pick<StoreReader, 'catalog'>): Promise<{ begun: number; open: number }> {
  const row = await store.catalog
    .selectFrom('gaps')
    .select((eb) => [eb.fn.countAll<number>().as('begun'), eb.fn.count<number>('to_at').as('ended')])
    .executeTakeFirstOrThrow();
  return { begun: row.begun, open: row.begun - row.ended };
}

/** The gaps that touch a stretch of time, newest first, at most 1,000. */
export async function readGaps(store: Pick<StoreReader, 'catalog'>, { from, to }: TimeRange): Promise<GapBody[]> {
  let gaps = store.catalog.selectFrom('gaps').select(['broker', 'from_at', 'to_at', 'why']);
  if (to !== null) gaps = gaps.where('from_at', '<', to);
  if (from !== null) gaps = gaps.where((eb) => eb.or([eb('to_at', 'is', null), eb('to_at', '>=', from)]));
  const rows = await gaps.orderBy('from_at', 'desc').limit(maxGaps).execute();
  return rows.map((row) => ({ from: row.from_at, to: row.to_at, broker: row.broker, why: row.why as GapBody['why'] }));
}
