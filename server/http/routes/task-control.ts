import type { Router } from 'express';
import { rateLimitRequest, revokeRequest, timeoutRequest, type MessageBody } from '../../contract/control.ts';
import type { Outcome } from '../../control/orders.ts';
import { AppError } from '../../errors.ts';
import { FlowerTextError } from '../errors.ts';
import { checkForm, readPathRest } from '../parameters.ts';
import { addActRoute, type ActOptions } from './act-route.ts';
import { checkTaskName, checkWorker, type Cluster } from './known.ts';

/** Orders that are about a task, or about all tasks of a name. */
export function addTaskControlRoutes(router: Router, options: ActOptions, cluster: Cluster): void {
  const { orders, inspector, log } = cluster;

  addActRoute(router, '/task/timeout/*name', options, async (parameters, request, response) => {
    const task = readPathRest(request.params['name']);
    const { workername, soft = null, hard = null } = checkForm(timeoutRequest, parameters);
    await checkTaskName(task, cluster);
    checkWorker(workername, cluster);
    const outcome = await orders.give('time_limit', { task_name: task, soft, hard }, workername);
    const message = demand(outcome, 'Failed to set timeouts');
    log.info('a worker was given time limits', { worker: workername, task, soft, hard });
    response.json({ message } satisfies MessageBody);
  });

  addActRoute(router, '/task/rate-limit/*name', options, async (parameters, request, response) => {
    const task = readPathRest(request.params['name']);
    const { workername, ratelimit } = checkForm(rateLimitRequest, parameters);
    await checkTaskName(task, cluster);
    checkWorker(workername, cluster);
    // A worker takes all of them for no limit, and says so of an empty one alone.
    const order = { task_name: task, rate_limit: Number(ratelimit) === 0 ? '' : ratelimit };
    const outcome = await orders.give('rate_limit', order, workername).catch(toRateLimitOutcome);
    const message = demand(outcome, 'Failed to set rate limit');
    log.info('a worker was given a rate limit', { worker: workername, task, ratelimit });
    inspector.askSoon(workername);
    response.json({ message } satisfies MessageBody);
  });

  addActRoute(router, '/task/revoke/*id', options, async (parameters, request, response) => {
    const id = readPathRest(request.params['id']);
    const { terminate, signal } = checkForm(revokeRequest, parameters);
    await orders.tell('revoke', { task_id: [id], terminate, signal });
    log.info('a task was revoked', { id, terminate, signal });
    response.json({ message: `Revoked '${id}'` } satisfies MessageBody);
  });
}

/** Flower asks the worker, which refuses it in these words; ours is refused before it is sent, with the same status. */
function toRateLimitOutcome(error: unknown): Outcome {
  const detail = error instanceof AppError ? error.details?.find(({ path }) => path === 'rate_limit') : undefined;
  if (detail === undefined) throw error;
  return { ok: false, reason: `Invalid rate limit string: ${detail.message}` };
}

/** The worker's own words. @throws {FlowerTextError} `forbidden`, with its reason, when it did not do it */
function demand(outcome: Outcome, failure: string): string {
  if (!outcome.ok) throw new FlowerTextError('forbidden', `${failure}: '${outcome.reason}'`);
  return outcome.said;
}
