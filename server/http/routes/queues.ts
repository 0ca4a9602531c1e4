import type { Router } from 'express';
import { queueDepthsRequest, queueHistoryRequest, type QueueHistoryBody } from '../../contract/queues.ts';
import type { QueueView } from '../../control/queue-watch.ts';
import { AppError } from '../../errors.ts';
import type { AllQueueDepthsQuery, QueueDepthQuery } from '../../query/queue-depths.ts';
import { checkParameters, readParameters } from '../parameters.ts';
import { addReadRoute } from './read-route.ts';

const daySeconds = 24 * 3600;

export interface QueueServices {
  queues: QueueView;
  depths: QueueDepthQuery;
  allDepths: AllQueueDepthsQuery;
  /** Epoch seconds. */
  now: () => number;
}

export function addQueueRoutes(router: Router, { queues, depths, allDepths, now }: QueueServices): void {
  addReadRoute(router, '/queues/length', async (_request, response) => {
    response.json(await queues.lengths());
  });

  addReadRoute(router, '/queues', async (_request, response) => {
    response.json(await queues.list());
  });

  addReadRoute(router, '/queues/history', async (request, response) => {
    const { queue, from, to = now() } = checkParameters(queueHistoryRequest, readParameters(request.url));
    const since = from ?? Math.max(0, to - daySeconds);
    if (since >= to) throw new AppError('bad_request', `Invalid range: from (${since}) must be before to (${to})`);
    const body: QueueHistoryBody = { queue, from: since, to, points: await depths(queue, since, to) };
    response.json(body);
  });

  addReadRoute(router, '/queues/depths', async (request, response) => {
    const { from, to = now() } = checkParameters(queueDepthsRequest, readParameters(request.url));
    const since = from ?? Math.max(0, to - daySeconds);
    if (since >= to) throw new AppError('bad_request', `Invalid range: from (${since}) must be before to (${to})`);
    response.json(await allDepths(since, to));
  });

  addReadRoute(router, '/broker', async (_request, response) => {
    response.json(await queues.broker());
  });
}
