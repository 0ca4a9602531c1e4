import type { InspectorView } from '../../control/inspector.ts';
import type { Orders } from '../../control/orders.ts';
import type { WorkerRegistry } from '../../live/worker-registry.ts';
import type { Log } from '../../log.ts';
import type { TaskQueries } from '../../query/queries.ts';
import { FlowerTextError } from '../errors.ts';

/** What routes that act are given. */
export interface Cluster {
  workers: WorkerRegistry;
  inspector: InspectorView;
  orders: Orders;
  tasks: TaskQueries;
  log: Log;
  /** Epoch seconds. */
  now: () => number;
}

/** @throws {FlowerTextError} for a worker that was never heard, and has never answered */
export function checkWorker(
  name: string,
  { workers, inspector, now }: Pick<Cluster, 'workers' | 'inspector' | 'now'>,
): void {
  if (workers.isAlive(name, now()) !== undefined || inspector.find(name) !== undefined) return;
  throw new FlowerTextError('not_found', `Unknown worker '${name}'`);
}

/** @throws {FlowerTextError} for a task that no worker has registered, and that was never seen */
export async function checkTaskName(
  name: string,
  { inspector, tasks }: Pick<Cluster, 'inspector' | 'tasks'>,
): Promise<void> {
  if (inspector.knowsTask(name) || (await tasks.types()).includes(name)) return;
  throw new FlowerTextError('not_found', `Unknown task '${name}'`);
}
