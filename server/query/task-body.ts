import type { TaskBody } from '../contract/tasks.ts';
import { listInferred } from '../domain/inferred.ts';
import type { Task } from '../domain/task.ts';

/** A task in the form of Flower's API, key for key in Flower's order. `children`: ids of the tasks it called. */
export function toTaskBody(task: Task, children: string[]): TaskBody {
  const body: TaskBody = {
    uuid: task.uuid,
    name: task.name,
    state: task.state,
    received: task.received,
    sent: task.sent,
    started: task.started,
    rejected: task.rejected,
    succeeded: task.succeeded,
    failed: task.failed,
    retried: task.retried,
    revoked: task.revoked,
    args: task.args,
    kwargs: task.kwargs,
    eta: task.eta,
    expires: task.expires,
    retries: task.retries,
    result: task.result,
    exception: task.exception,
    timestamp: task.timestamp,
    runtime: task.runtime,
    traceback: task.traceback,
    exchange: task.exchange,
    routing_key: task.routingKey,
    clock: task.clock,
    client: task.client,
    root: task.rootId,
    root_id: task.rootId,
    parent: task.parentId,
    parent_id: task.parentId,
    children,
  };
  if (task.worker !== null) body.worker = task.worker;
  const inferred = listInferred(task);
  if (inferred.length > 0) body.inferred = inferred.map((field) => (field === 'routingKey' ? 'routing_key' : field));
  return body;
}
