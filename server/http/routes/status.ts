import type { Router } from 'express';
import type { StatusQuery } from '../../query/queries.ts';
import { addReadRoute } from './read-route.ts';

export function addStatusRoute(router: Router, status: StatusQuery): void {
  addReadRoute(router, '/status', async (_request, response) => {
    response.json(await status());
  });
}
