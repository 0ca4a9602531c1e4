import type { Delivery } from '../brokers/broker.ts';
import type { TaskEvent } from '../celery/event.ts';

/** Events of our own in the form in which those of workers come, so that they take the same way. */
export function toInferredDelivery(events: readonly TaskEvent[], nowMs: number): Delivery {
  return {
    body: JSON.stringify(events),
    envelope: false,
    contentType: 'application/json',
    contentEncoding: 'utf-8',
    headers: {},
    routingKey: 'task.inferred',
    receivedAtMs: nowMs,
    tag: 0,
  };
}
