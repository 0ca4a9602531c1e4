import type { Batch } from '../ingest/batch.ts';
import { storableText } from './task-row.ts';

/**
 * The names that a batch's events give to tasks. All of them: a task that is replaced has had more than one, and which
 * of them a batch ends with depends on where batches happen to be cut.
 */
export function namesIn(batch: Batch): Set<string> {
  const names = new Set<string>();
  for (const { name } of batch.taskEvents) if (typeof name === 'string') names.add(storableText(name));
  return names;
}
