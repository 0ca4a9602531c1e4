import type pg from 'pg';
import { mergeWorkers, type Worker } from '../../domain/worker.ts';
import { storableText } from '../task-row.ts';
import { statements } from './statements.ts';

/** Joins what a batch says of workers with what is stored; gives them as they are now. In the caller's transaction. */
export async function saveWorkers(client: pg.ClientBase, told: readonly Worker[]): Promise<Worker[]> {
  if (told.length === 0) return [];
  const { rows } = await client.query<{ worker: string }>(statements.findWorkers, [
    told.map((worker) => storableText(worker.hostname)),
  ]);
  const stored = new Map(
    rows.map(({ worker }) => JSON.parse(worker) as Worker).map((worker) => [worker.hostname, worker]),
  );
  const workers = told.map((worker) => {
    const before = stored.get(worker.hostname);
    return before ? mergeWorkers(before, worker) : worker;
  });
  await client.query(statements.saveWorkers, [
    workers.map((worker) => storableText(worker.hostname)),
    workers.map((worker) => worker.lastSeen),
    workers.map((worker) => JSON.stringify(worker)),
  ]);
  return workers;
}
