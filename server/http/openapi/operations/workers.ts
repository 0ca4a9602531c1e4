import {
  addConsumerRequest,
  autoscaleRequest,
  cancelConsumerRequest,
  resizePoolRequest,
} from '../../../contract/control.ts';
import { inspectionFields, workersRequest } from '../../../contract/workers.ts';
import { described, type Operation } from '../operation.ts';

/** All orders to one worker have this in common. `path`: behind `/api/worker/`. */
function order(path: string, about: Pick<Operation, 'id' | 'summary' | 'description' | 'form'>): Operation {
  return {
    ...about,
    tag: 'Workers',
    method: 'post',
    path: `/api/worker/${path}/*worker`,
    rest: 'The host name of a worker',
    answer: { json: 'MessageBody' },
    // A worker that does not do it says why.
    refusals: { 404: 'text' },
  };
}

export const workerOperations: readonly Operation[] = [
  {
    id: 'listWorkers',
    tag: 'Workers',
    method: 'get',
    path: '/api/workers',
    summary: 'What each worker said when it was last inspected, dead ones too',
    query: described(workersRequest, {
      refresh: 'Whether to inspect them first; false unless told',
      status: 'Whether to tell only which are alive; false unless told',
      workername: 'Only this worker',
      fields: `Only these parts, with commas between: ${inspectionFields.join(', ')}`,
    }),
    answer: { json: 'WorkersBody' },
    refusals: { 400: 'text', 404: 'text', 503: 'json' },
  },
  order('shutdown', { id: 'shutDownWorker', summary: 'Ends a worker, after the tasks that it runs' }),
  order('pool/restart', {
    id: 'restartPool',
    summary: 'Restarts the processes of a worker’s pool',
    description: 'The worker has to allow it: `worker_pool_restarts` of Celery.',
  }),
  order('pool/grow', {
    id: 'growPool',
    summary: 'Adds processes to a worker’s pool',
    form: described(resizePoolRequest, { n: 'How many; 1 unless told' }),
  }),
  order('pool/shrink', {
    id: 'shrinkPool',
    summary: 'Takes processes from a worker’s pool, of which one has to stay',
    form: described(resizePoolRequest, { n: 'How many; 1 unless told' }),
  }),
  order('pool/autoscale', {
    id: 'autoscalePool',
    summary: 'Sets the bounds between which a worker’s pool changes by itself',
    description: 'The worker has to be started with `--autoscale`.',
    form: described(autoscaleRequest, { min: 'The fewest processes', max: 'The most processes' }),
  }),
  order('queue/add-consumer', {
    id: 'addConsumer',
    summary: 'Makes a worker consume from a queue',
    description: 'Refused where the worker could not declare the queue, which would end it.',
    form: described(addConsumerRequest, {
      queue: 'The name of the queue',
      exchange: 'The name of its exchange; as the queue’s unless told',
      exchange_type: 'One of direct, topic, fanout, headers; direct unless told',
      routing_key: 'The key it is bound with; as the queue’s name unless told',
    }),
  }),
  order('queue/cancel-consumer', {
    id: 'cancelConsumer',
    summary: 'Makes a worker consume no longer from a queue',
    form: described(cancelConsumerRequest, { queue: 'The name of the queue' }),
  }),
];
