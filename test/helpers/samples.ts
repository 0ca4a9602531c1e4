import type { Task } from '../../server/domain/task.ts';
import type { Worker } from '../../server/domain/worker.ts';

/** A task that succeeded, as the domain sees it. */
export function sampleTask(changes: Partial<Task> = {}): Task {
  return {
    uuid: 'a3b1c8de-1111-4222-8333-444455556666',
    name: 'tasks.add',
    state: 'SUCCESS',
    timestamp: 1000.5,
    sent: 998.25,
    received: 999,
    started: 999.5,
    succeeded: 1000.5,
    failed: null,
    retried: null,
    revoked: null,
    rejected: null,
    customState: null,
    customAt: null,
    args: '(2, 2)',
    kwargs: '{}',
    eta: null,
    expires: null,
    retries: 0,
    result: '4',
    runtime: 0.75,
    exception: null,
    traceback: null,
    queue: 'celery',
    exchange: '',
    routingKey: 'celery',
    client: 'gen42@host',
    worker: 'celery@host',
    clock: 17,
    rootId: 'the-root',
    parentId: 'the-parent',
    inferred: null,
    ...changes,
  };
}

/** A worker that was heard at 1000 and announces a heartbeat every 2 seconds: alive until 1004. */
export function sampleWorker(changes: Partial<Worker> = {}): Worker {
  return {
    hostname: 'celery@host',
    firstSeen: 900,
    lastSeen: 1000,
    lastHeartbeat: 1000,
    offlineAt: null,
    eventAt: 1000,
    pid: 4711,
    clock: 17,
    freq: 2,
    statsAt: 1000,
    active: 1,
    processed: 99,
    loadavg: [0.5, 0.25, 0.125],
    swIdent: 'py-celery',
    swVer: '5.6.3',
    swSys: 'Linux',
    ...changes,
  };
}
