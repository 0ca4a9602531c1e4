import type { Router } from 'express';
import type { Metrics } from '../../live/metrics.ts';
import { addReadRoute } from './read-route.ts';

/** For Prometheus, without authentication, as in Flower: keep it from strangers in the reverse proxy. */
export function addMetricsRoute(router: Router, metrics: Pick<Metrics, 'contentType' | 'text'>): void {
  addReadRoute(router, '/metrics', async (_request, response) => {
    response
      .set('Cache-Control', 'no-store')
      .type(metrics.contentType)
      .send(await metrics.text());
  });
}
