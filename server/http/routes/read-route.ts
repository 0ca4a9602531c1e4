import type { RequestHandler, Router } from 'express';
import { AppError } from '../../errors.ts';

/** A route that answers GET and HEAD, and any other method with 405. */
export function addReadRoute(router: Router, path: string, handler: RequestHandler): void {
  router
    .route(path)
    .get(handler)
    .all((request, response) => {
      response.set('Allow', 'GET, HEAD, OPTIONS');
      throw new AppError('method_not_allowed', `${request.method} is not for this address: GET and HEAD are`);
    });
}
