import type { Router } from 'express';
import type { RejectsQuery } from '../../query/rejects.ts';
import { addReadRoute } from './read-route.ts';

export function addRejectsRoute(router: Router, rejects: RejectsQuery): void {
  addReadRoute(router, '/rejects', async (_request, response) => {
    response.json(await rejects());
  });
}
