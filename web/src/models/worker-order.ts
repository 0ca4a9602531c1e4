/** What a worker can be told, as the API takes it. */
import type { TerminationSignal } from '../../../server/contract/control.ts';

export interface WorkerOrder {
  /** The path under `api/`, and the name that follows it. */
  action: string;
  name: string;
  form: Readonly<Record<string, string | number | null>>;
  /** What is done: the button that does it says so. */
  label: string;
  /** What it would do, for who has to say yes first; null: it hurts nobody. */
  warning: string | null;
}

const order = (
  action: string,
  name: string,
  label: string,
  form: WorkerOrder['form'] = {},
  warning: string | null = null,
): WorkerOrder => ({ action, name, form, label, warning });

export const growPool = (worker: string, n: number) => order('worker/pool/grow', worker, 'Grow the pool', { n });

export const shrinkPool = (worker: string, n: number) => order('worker/pool/shrink', worker, 'Shrink the pool', { n });

export const autoscalePool = (worker: string, min: number, max: number) =>
  order('worker/pool/autoscale', worker, 'Set autoscaling', { min, max });

export const restartPool = (worker: string) =>
  order(
    'worker/pool/restart',
    worker,
    'Restart the pool',
    {},
    `Every process of ${worker} is replaced. Tasks that run there now are cut off.`,
  );

export const shutDown = (worker: string) =>
  order(
    'worker/shutdown',
    worker,
    'Shut down',
    {},
    `${worker} takes no more tasks, ends those that it runs, and goes. Only who started it can bring it back.`,
  );

/** Empty settings are left to the worker. */
export const addConsumer = (worker: string, queue: string, exchange: string, routingKey: string) =>
  order('worker/queue/add-consumer', worker, 'Add the queue', {
    queue,
    exchange: exchange || null,
    routing_key: routingKey || null,
  });

export const cancelConsumer = (worker: string, queue: string) =>
  order(
    'worker/queue/cancel-consumer',
    worker,
    'Stop consuming',
    { queue },
    `${worker} takes no more tasks from ${queue}. If no other worker does, they wait there.`,
  );

/** `rate`: `200`, `10/s`, `10/m`, `10/h`; empty: none. */
export const limitRate = (worker: string, task: string, rate: string) =>
  order('task/rate-limit', task, 'Set the rate limit', { workername: worker, ratelimit: rate.trim() || '0' });

/** Seconds; null: no limit. */
export const limitTime = (worker: string, task: string, soft: number | null, hard: number | null) =>
  order('task/timeout', task, 'Set the time limits', { workername: worker, soft, hard });

export const revokeTask = (uuid: string) =>
  order(
    'task/revoke',
    uuid,
    'Revoke',
    {},
    'No worker begins it any more. If it runs already, it goes on: terminate it instead.',
  );

export const terminateTask = (uuid: string, signal: TerminationSignal) =>
  order(
    'task/revoke',
    uuid,
    'Terminate',
    { terminate: 'true', signal },
    `The process that runs it is sent ${signal}. What the task has begun stays half done.`,
  );
