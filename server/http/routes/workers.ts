import type { Router } from 'express';
import { AppError } from '../../errors.ts';
import type { WorkerRegistry } from '../../live/worker-registry.ts';
import { FlowerTextError } from '../errors.ts';
import { readBoolean, readParameters } from '../parameters.ts';
import { addReadRoute } from './read-route.ts';

/** `now`: epoch seconds. */
export function addWorkerRoutes(router: Router, workers: WorkerRegistry, now: () => number): void {
  addReadRoute(router, '/workers', (request, response) => {
    const { workername, ...parameters } = readParameters(request.url);
    const wantsStatus = readBoolean(parameters.status);
    const wantsRefresh = readBoolean(parameters.refresh);
    const isAlive = workername === undefined ? undefined : workers.isAlive(workername, now());
    if (workername !== undefined && isAlive === undefined) {
      throw new FlowerTextError('not_found', `Unknown worker '${workername}'`);
    }
    if (!wantsStatus || wantsRefresh) {
      throw new AppError('not_supported', 'Inspecting workers is not available yet: ask for /api/workers?status=1');
    }
    response.json(workername === undefined ? workers.status(now()) : Object.fromEntries([[workername, isAlive]]));
  });
}
