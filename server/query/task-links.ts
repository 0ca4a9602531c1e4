import type { TaskLinks } from '../contract/tasks.ts';
import { rerunKeys } from '../store/catalog-reads.ts';
import type { StoreReader } from '../store/store.ts';

/** A task was run again so often that more would not be looked at. */
const mostShown = 1000;

/** Which task this one repeats, and which repeat it. */
export function openTaskLinks({ catalog }: Pick<StoreReader, 'catalog'>): (uuid: string) => Promise<TaskLinks> {
  return async (uuid) => {
    const [ofKey, asKey] = [rerunKeys.retryOf + uuid, rerunKeys.retriedAs + uuid];
    const rows = await catalog
      .selectFrom('facts')
      .select(['key', 'value'])
      .where('key', 'in', [ofKey, asKey])
      .execute();
    const find = (key: string): string[] => {
      const row = rows.find((each) => each.key === key);
      return row === undefined ? [] : (JSON.parse(row.value) as string[]);
    };
    const [retryOf] = find(ofKey);
    const retriedAs = find(asKey).slice(-mostShown);
    return {
      ...(retryOf !== undefined && { retry_of: retryOf }),
      ...(retriedAs.length > 0 && { retried_as: retriedAs }),
    };
  };
}
