/**
 * Whether a worker would bear to consume from a queue. It answers `add_consumer` at once, and declares afterwards; a
 * declaration that the broker refuses, or that contradicts one of its own, ends it ("Unrecoverable error"), in 5.2 and
 * 5.6 alike. So what it would declare is worked out from its settings, and compared with what there is.
 */
import type { ConsumerPlan } from '../brokers/amqp-rehearsal.ts';

/** What `conf` and `active_queues` say of one worker. */
export interface ConsumerSettings {
  conf: unknown;
  queues: unknown;
}

export interface AddConsumer {
  queue: string;
  exchange?: string | null;
  exchange_type?: string;
}

/** Null: the worker knows the queue by its own settings, and declares it by those. */
export function toConsumerPlan(args: AddConsumer, { conf, queues }: ConsumerSettings): ConsumerPlan | null {
  const { queue, exchange, exchange_type: exchangeType = 'direct' } = args;
  if (listQueues(queues).some(({ name }) => name === queue) || isConfigured(queue, conf)) return null;
  const priority = toFields(conf)['task_queue_max_priority'];
  const queueArguments = typeof priority === 'number' ? { 'x-max-priority': priority } : {};
  return { queue, queueArguments, exchange: exchange ?? queue, exchangeType };
}

/**
 * What the worker itself would find contradictory, before any broker does: kombu remembers, in each process, of which
 * type an exchange is. `ownExchanges`: those of events and of remote control.
 */
export function findContradiction(
  { exchange, exchangeType }: ConsumerPlan,
  { queues }: ConsumerSettings,
  ownExchanges: readonly string[],
): string | null {
  if (ownExchanges.includes(exchange)) return `the exchange '${exchange}' is Celery's own`;
  const other = listQueues(queues).find((queue) => queue.exchange === exchange && queue.exchangeType !== exchangeType);
  if (other === undefined) return null;
  return `the exchange '${exchange}' is of the type '${other.exchangeType}' there, and not '${exchangeType}'`;
}

/** Settings hold queues as the text `[<unbound Queue mail -> …>]`; without any there is the default one. */
function isConfigured(queue: string, conf: unknown): boolean {
  const { task_queues: configured, task_default_queue: byDefault = 'celery' } = toFields(conf);
  const text = typeof configured === 'string' ? configured : JSON.stringify(configured ?? '');
  return text.includes(`Queue ${queue} ->`) || (text.length <= 4 && queue === byDefault);
}

function listQueues(queues: unknown): { name: unknown; exchange: unknown; exchangeType: string }[] {
  const items = Array.isArray(queues) ? (queues as unknown[]) : [];
  return items.map(toFields).map(({ name, exchange }) => {
    const { name: exchangeName, type } = toFields(exchange);
    return { name, exchange: exchangeName, exchangeType: String(type) };
  });
}

function toFields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
