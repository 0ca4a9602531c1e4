import { z } from 'zod';
import { boolean, float, integer, required } from './parameters.ts';

/** Signals that end a task's process, or make it end itself. Others, such as SIGSTOP, would only freeze it. */
export const terminationSignals = [
  'SIGTERM',
  'SIGKILL',
  'SIGINT',
  'SIGQUIT',
  'SIGABRT',
  'SIGALRM',
  'SIGHUP',
  'SIGUSR1',
  'SIGUSR2',
] as const;
export type TerminationSignal = (typeof terminationSignals)[number];

/** What an order answers when it was followed. */
export interface MessageBody {
  message: string;
}

/** `POST /api/worker/pool/grow/W`, `POST /api/worker/pool/shrink/W`: how many processes. */
export const resizePoolRequest = z.object({ n: integer(z.string()).default(1) });

/** `POST /api/worker/pool/autoscale/W` */
export const autoscaleRequest = z.object({ min: integer(required('min')), max: integer(required('max')) });

/** `POST /api/worker/queue/add-consumer/W`; what is left out is made from the queue's name. */
export const addConsumerRequest = z.object({
  queue: required('queue'),
  exchange: z.string().optional(),
  exchange_type: z
    .enum(['direct', 'topic', 'fanout', 'headers'], 'exchange_type must be direct, topic, fanout or headers')
    .optional(),
  routing_key: z.string().optional(),
});

/** `POST /api/worker/queue/cancel-consumer/W` */
export const cancelConsumerRequest = z.object({ queue: required('queue') });

/** `POST /api/task/timeout/NAME`: seconds; what is left out is no limit. */
export const timeoutRequest = z.object({
  workername: required('workername'),
  soft: float.optional(),
  hard: float.optional(),
});

/** `POST /api/task/rate-limit/NAME`: `200`, `10/s`, `10/m`, `10/h`; 0 or empty: none. */
export const rateLimitRequest = z.object({ workername: required('workername'), ratelimit: required('ratelimit') });

/** `POST /api/task/revoke/ID`; the signal by its name, with or without SIG. */
export const revokeRequest = z.object({
  terminate: boolean.default(false),
  signal: z
    .string()
    .transform((text) => `SIG${text.toUpperCase().replace(/^SIG/, '')}`)
    .pipe(z.enum(terminationSignals, `signal must be one of ${terminationSignals.join(', ')}`))
    .default('SIGTERM'),
});
