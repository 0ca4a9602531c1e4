import type { Router } from 'express';
import {
  addConsumerRequest,
  autoscaleRequest,
  cancelConsumerRequest,
  resizePoolRequest,
  type MessageBody,
} from '../../contract/control.ts';
import type { Outcome } from '../../control/orders.ts';
import { FlowerTextError } from '../errors.ts';
import { checkForm, readPathRest } from '../parameters.ts';
import { addActRoute, type ActOptions } from './act-route.ts';
import { checkWorker, type Cluster } from './known.ts';

/** Gives an order to one worker, and says what Flower says of it. */
type Act = (worker: string, parameters: Readonly<Record<string, string>>) => Promise<string>;

/** Orders to one worker: its pool, its queues, its end. */
export function addWorkerControlRoutes(router: Router, options: ActOptions, cluster: Cluster): void {
  const { orders, inspector, log } = cluster;
  const add = (path: string, act: Act): void => {
    addActRoute(router, `/worker/${path}/*worker`, options, async (parameters, request, response) => {
      const worker = readPathRest(request.params['worker']);
      checkWorker(worker, cluster);
      const message = await act(worker, parameters);
      log.info('a worker was given an order', { worker, order: path, parameters });
      inspector.askSoon(worker);
      const body: MessageBody = { message };
      response.json(body);
    });
  };

  add('shutdown', async (worker) => {
    await orders.tell('shutdown', {}, worker);
    return 'Shutting down!';
  });
  add('pool/restart', async (worker) => {
    demand(await orders.give('pool_restart', {}, worker), `Failed to restart the '${worker}' pool`);
    return `Restarting '${worker}' worker's pool`;
  });
  add('pool/grow', async (worker, parameters) => {
    const { n } = checkForm(resizePoolRequest, parameters);
    demand(await orders.give('pool_grow', { n }, worker), `Failed to grow '${worker}' worker's pool`);
    return `Growing '${worker}' worker's pool by ${n}`;
  });
  add('pool/shrink', async (worker, parameters) => {
    const { n } = checkForm(resizePoolRequest, parameters);
    demand(await orders.give('pool_shrink', { n }, worker), `Failed to shrink '${worker}' worker's pool`);
    return `Shrinking '${worker}' worker's pool by ${n}`;
  });
  add('pool/autoscale', async (worker, parameters) => {
    const { min, max } = checkForm(autoscaleRequest, parameters);
    demand(await orders.give('autoscale', { min, max }, worker), `Failed to autoscale '${worker}' worker`);
    return `Autoscaling '${worker}' worker (min=${min}, max=${max})`;
  });
  add('queue/add-consumer', async (worker, parameters) => {
    const request = checkForm(addConsumerRequest, parameters);
    const outcome = await orders.give('add_consumer', request, worker);
    return demand(outcome, `Failed to add '${request.queue}' consumer to '${worker}' worker`);
  });
  add('queue/cancel-consumer', async (worker, parameters) => {
    const { queue } = checkForm(cancelConsumerRequest, parameters);
    const outcome = await orders.give('cancel_consumer', { queue }, worker);
    return demand(outcome, `Failed to cancel '${queue}' consumer from '${worker}' worker`);
  });
}

/** The worker's own words. @throws {FlowerTextError} `forbidden`, with its reason, when it did not do it */
function demand(outcome: Outcome, failure: string): string {
  if (!outcome.ok) throw new FlowerTextError('forbidden', `${failure}: ${outcome.reason}`);
  return outcome.said;
}
