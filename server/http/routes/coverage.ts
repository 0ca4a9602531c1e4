import type { Router } from 'express';
import { coverageRequest } from '../../contract/coverage.ts';
import type { CoverageQuery } from '../../query/queries.ts';
import { checkParameters, readParameters } from '../parameters.ts';
import { addReadRoute } from './read-route.ts';

const daySeconds = 24 * 3600;

/** How much of what the workers did we saw, in the last 24 hours unless told otherwise. `now`: epoch seconds. */
export function addCoverageRoute(router: Router, coverage: CoverageQuery, now: () => number): void {
  addReadRoute(router, '/coverage', async (request, response) => {
    const { from, to = now(), step } = checkParameters(coverageRequest, readParameters(request.url));
    response.json(await coverage({ from: from ?? Math.max(0, to - daySeconds), to, step }));
  });
}
