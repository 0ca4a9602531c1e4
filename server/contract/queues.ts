import { z } from 'zod';
import { moment, required } from './parameters.ts';

/** On RabbitMQ with `broker_api`, the management API's whole record. */
export interface QueueLengthBody {
  name: string;
  messages: number;
  [field: string]: unknown;
}

/** `GET /api/queues/length` */
export interface QueueLengthsBody {
  active_queues: QueueLengthBody[];
}

/** The message that is taken next. */
export interface OldestMessageBody {
  /** Its task; null where the broker does not tell. */
  uuid: string | null;
  /** Seconds that it has waited. */
  age: number;
  /** Nobody said when it was sent: it has waited so long since it was first seen there. */
  at_least: boolean;
}

/** One queue, as of `at`. null: not known. */
export interface QueueBody {
  name: string;
  /** Epoch seconds. */
  at: number;
  /** Messages that nobody has taken yet. */
  ready: number;
  /** Messages that a worker has taken and not acknowledged; on Redis see {@link BrokerBody}. */
  unacked: number | null;
  /** As the broker says; on Redis, workers that say they consume it, and live. */
  consumers: number | null;
  /** The workers that said, when they were last inspected, that they consume it. */
  workers: string[];
  /** On Redis: messages that are ready, by Celery's priority. */
  by_priority: Record<string, number> | null;
  /** Messages a second that come in, and go out, as the management API says. */
  publish_rate: number | null;
  deliver_rate: number | null;
  /** By how many messages a second `ready` grows, since the look before. */
  growth: number | null;
  /** null: none waits, or nothing is known of it. */
  oldest: OldestMessageBody | null;
}

/** `GET /api/queues` */
export interface QueuesBody {
  queues: QueueBody[];
  /** Why the broker cannot be asked now: the queues are as they were then. */
  error: string | null;
}

/** `GET /api/queues/history` */
export const queueHistoryRequest = z.object({
  queue: required('queue'),
  /** Without it: 24 hours before `to`. */
  from: moment('from').optional(),
  /** Without it: now. */
  to: moment('to').optional(),
});

export interface QueueDepthBody {
  /** Epoch seconds, whole minutes. */
  at: number;
  ready: number;
  unacked: number | null;
  consumers: number | null;
}

/** As it is stored. */
export interface NamedQueueDepth extends QueueDepthBody {
  queue: string;
}

export interface QueueHistoryBody {
  queue: string;
  from: number;
  to: number;
  /** In order of time; minutes in which nobody looked are missing. */
  points: QueueDepthBody[];
}

/** `GET /api/queues/depths` */
export const queueDepthsRequest = z.object({
  /** Without it: 24 hours before `to`. */
  from: moment('from').optional(),
  /** Without it: now. */
  to: moment('to').optional(),
});

export interface QueueDepthsBody {
  /** Epoch seconds, and seconds. */
  from: number;
  to: number;
  step: number;
  /** By name; of stretches of `step` seconds, in order, the most messages that were ready. Those in which nobody looked are missing. */
  queues: { queue: string; points: { at: number; ready: number }[] }[];
}

/** `GET /api/broker`; null: the broker does not tell, on RabbitMQ without `broker_api`. */
export interface BrokerBody {
  kind: 'redis' | 'rabbitmq';
  /** Without password. */
  url: string;
  version: string | null;
  memory_bytes: number | null;
  connections: number | null;
  /** Seconds. */
  uptime: number | null;
  /** Messages that workers have taken and not acknowledged, of all queues together. */
  unacked: number | null;
}
