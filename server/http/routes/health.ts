import type { Router } from 'express';
import { addReadRoute } from './read-route.ts';

/** For probes: the process answers. Whether brokers and store do is told by `/api/status`. */
export function addHealthRoute(router: Router): void {
  addReadRoute(router, '/healthcheck', (_request, response) => {
    response.type('text/plain').send('OK');
  });
}
