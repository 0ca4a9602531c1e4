/**
 * What workers tell, when they are inspected, of how their app sends tasks. In: their inspections. Out: settings, with
 * Celery's defaults where nobody has told. Pure.
 */
import { readTaskRoutes, type ClusterRouting, type KnownQueue } from '../celery/task-route.ts';
import type { Inspection } from '../contract/workers.ts';

export interface ClusterSettings extends ClusterRouting {
  /** `task_send_sent_event` */
  sendsSentEvents: boolean;
  /** `result_expires`, in seconds. */
  resultExpiresS: number;
}

const daySeconds = 86_400;

/** Where workers differ, the first that tells is believed: they are of one app. */
export function readClusterSettings(inspections: readonly Inspection[]): ClusterSettings {
  const confs = inspections.map(({ conf }) => toFields(conf));
  const find = (key: string): unknown => confs.find((conf) => key in conf)?.[key];
  const queues = new Map<string, KnownQueue>();
  for (const { active_queues: active } of inspections) {
    for (const queue of Array.isArray(active) ? (active as unknown[]) : []) addQueue(queues, toFields(queue));
  }
  const defaultQueue = find('task_default_queue');
  const expires = find('result_expires');
  return {
    queues,
    defaultQueue: typeof defaultQueue === 'string' && defaultQueue !== '' ? defaultQueue : 'celery',
    routes: readTaskRoutes(find('task_routes')),
    sendsSentEvents: find('task_send_sent_event') === true,
    resultExpiresS: typeof expires === 'number' && expires >= 1 ? Math.round(expires) : daySeconds,
  };
}

function addQueue(queues: Map<string, KnownQueue>, fields: Readonly<Record<string, unknown>>): void {
  const { name, routing_key: routingKey } = fields;
  const exchange = toFields(fields['exchange']);
  if (typeof name !== 'string' || queues.has(name)) return;
  queues.set(name, {
    exchange: typeof exchange['name'] === 'string' ? exchange['name'] : name,
    exchangeType: typeof exchange['type'] === 'string' ? exchange['type'] : 'direct',
    routingKey: typeof routingKey === 'string' && routingKey !== '' ? routingKey : name,
  });
}

function toFields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
