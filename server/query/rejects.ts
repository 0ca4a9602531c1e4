import type { RejectsBody, RejectsOfReasonBody } from '../contract/rejects.ts';
import type { StoreReader } from '../store/store.ts';

/** As many as a store keeps. */
const mostRows = 1000;
/** One broken sender has one reason, or a few. */
const mostReasons = 100;

/** What could not be read, or not be stored, and why. */
export type RejectsQuery = () => Promise<RejectsBody>;

export function openRejectsQuery(
  store: Pick<StoreReader, 'catalog'>,
  { showsExcerpts }: { showsExcerpts: boolean },
): RejectsQuery {
  return async () => {
    const rows = await store.catalog
      .selectFrom('rejects')
      .select(['at', 'broker', 'reason', 'routing_key', 'content_type', 'excerpt'])
      .orderBy('id', 'desc')
      .limit(mostRows)
      .execute();
    const groups = new Map<string, RejectsOfReasonBody>();
    for (const { at, excerpt, ...row } of rows) {
      const key = JSON.stringify([row.reason, row.broker, row.content_type]);
      const group = groups.get(key);
      if (group) {
        group.count++;
        group.first = Math.min(group.first, at);
        group.last = Math.max(group.last, at);
      } else groups.set(key, { ...row, count: 1, first: at, last: at, excerpt: showsExcerpts ? excerpt : null });
    }
    return { rejects: [...groups.values()].slice(0, mostReasons) };
  };
}
