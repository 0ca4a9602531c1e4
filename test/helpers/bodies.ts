import type { StatusBody } from '../../server/contract/status.ts';
import type { TaskBody } from '../../server/contract/tasks.ts';
import type { WorkerBody } from '../../server/contract/workers.ts';

/** A task as the API shows it: sent at 100, received at 101, started at 103, ended well at 110. */
export function taskBody(changes: Partial<TaskBody> = {}): TaskBody {
  const uuid = changes.uuid ?? '2df495cd-d2d8-4e13-9df0-ecb6b08686e3';
  return {
    uuid,
    name: 'shop.orders.price',
    state: 'SUCCESS',
    sent: 100,
    received: 101,
    started: 103,
    succeeded: 110,
    failed: null,
    retried: null,
    revoked: null,
    rejected: null,
    args: "('4711',)",
    kwargs: '{}',
    eta: null,
    expires: null,
    retries: 0,
    result: '350',
    exception: null,
    timestamp: 110,
    runtime: 6.9,
    traceback: null,
    exchange: '',
    routing_key: 'fulfilment',
    clock: 17,
    client: 'gen42@host',
    root: uuid,
    root_id: uuid,
    parent: null,
    parent_id: null,
    children: [],
    worker: 'a@host',
    ...changes,
  };
}

/** A worker as the live feed shows it: alive, last heard at 1000. */
export function workerBody(changes: Partial<WorkerBody> = {}): WorkerBody {
  return {
    hostname: 'a@host',
    alive: true,
    last_heartbeat: 1000,
    pid: 4711,
    freq: 2,
    active: 1,
    processed: 99,
    loadavg: [0.42, 0.5, 10.61],
    sw_ident: 'py-celery',
    sw_ver: '5.6.3',
    sw_sys: 'Linux',
    events: { 'task-received': 12, 'task-succeeded': 10, 'task-failed': 2, 'worker-heartbeat': 400 },
    ...changes,
  };
}

/** The status of a server that is well. */
export function statusBody(changes: Partial<StatusBody> = {}): StatusBody {
  return {
    version: '0.1.0',
    read_only: false,
    retention_limits: { tasks: null, failures: null, events: null, bytes: null, metrics: 604_800 },
    uptime: 60,
    event_loop_ms: { p50: 0, p99: 1 },
    brokers: [{ url: 'redis://localhost:6379/0', connected: true, since: 900, error: null }],
    ingest: {
      received: 10,
      stored: 10,
      backlog: 0,
      spool_bytes: 0,
      lag_ms: 3,
      rejected: 0,
      events_per_s: 1,
      commit_ms: { p50: 5, p99: 9 },
      duplicates: 0,
      dropped: 0,
      error: null,
    },
    store: {
      engine: 'sqlite',
      tasks: 3,
      events: 10,
      bytes: 8192,
      segments: 1,
      oldest: 900,
      retention: { last: null, next: null },
      error: null,
    },
    gaps: [],
    ...changes,
  };
}
