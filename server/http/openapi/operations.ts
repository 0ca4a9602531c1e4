/** THE table of requests that the API answers; a test holds it against the routes, both ways. */
import type { Operation } from './operation.ts';
import { callOperations } from './operations/calls.ts';
import { orderOperations } from './operations/orders.ts';
import { queueOperations } from './operations/queues.ts';
import { searchOperations } from './operations/search.ts';
import { serverOperations } from './operations/server.ts';
import { taskOperations } from './operations/tasks.ts';
import { workerOperations } from './operations/workers.ts';

export const operations: readonly Operation[] = [
  ...taskOperations,
  ...searchOperations,
  ...workerOperations,
  ...orderOperations,
  ...callOperations,
  ...queueOperations,
  ...serverOperations,
];
