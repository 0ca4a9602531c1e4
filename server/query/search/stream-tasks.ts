import type { TaskBody } from '../../contract/tasks.ts';
import { AppError } from '../../errors.ts';
import type { StoreReader } from '../../store/store.ts';
import type { Budget, PageRequest, Position } from '../search.ts';
import { chunkSize, readTasks } from '../task-rows.ts';
import { findRows } from './find-rows.ts';

export type StreamRequest = Pick<PageRequest, 'where' | 'exact' | 'sort'>;

/** Places asked for at a time, some 100 kB: to find where a page begins may take longer than to read its rows. */
const streamedPlaces = 4 * chunkSize;

/** Every task that fits, in order, in chunks, in constant memory; ends early when aborted. */
export async function* streamTasks(
  store: Pick<StoreReader, 'segments'>,
  { where, exact = [], sort }: StreamRequest,
  signal?: AbortSignal,
): AsyncIterable<TaskBody[]> {
  const budget: Budget = { deadlineMs: Infinity, signal };
  const limit = streamedPlaces;
  try {
    for (let after: Position | undefined, isMore = true; isMore;) {
      const segments = await store.segments();
      const { places } = await findRows(segments, { where, exact, sort, after, limit }, budget);
      for (let at = 0; at < places.length; at += chunkSize) {
        if (signal?.aborted) return;
        yield await readTasks(segments, places.slice(at, at + chunkSize));
      }
      after = places.at(-1);
      isMore = places.length === limit;
    }
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'cancelled') throw error;
  }
}
