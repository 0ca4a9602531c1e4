/**
 * All commands that Herbarium can send to workers, each with the arguments it may have (`celery.worker.control`).
 *
 * In: arguments from anywhere. Out: what Celery expects, by Celery's own names. What is not here cannot be sent: an
 * `election` kills workers, `hello` changes what they have revoked. What a worker would stumble over is refused: a queue
 * whose name is no string ends the worker, one longer than AMQP's short strings its connection.
 */
import { z } from 'zod';
import { terminationSignals } from '../contract/control.ts';
import { isName, mostNameBytes } from '../contract/names.ts';
import { AppError } from '../errors.ts';

/** One command's share of a worker's memory: it remembers 50,000 revoked ids in all. */
const mostIds = 1000;
/** A pool of more would be a slip of the keyboard, and might take its machine down. */
const mostProcesses = 1000;
/** Seconds; a year. */
const longestLimitS = 31_536_000;

const name = z.string().refine(isName, {
  error: ({ path }) => `${toLabel(path)} must be text of 1 to ${mostNameBytes} bytes without control characters`,
});
const ids = z
  .array(name)
  .min(1, 'at least one id is needed')
  .max(mostIds, `at most ${mostIds} ids can be sent at once`);
const processes = (least: number) => {
  const said = `must be a whole number from ${least} to ${mostProcesses}`;
  const error = ({ path }: { path?: PropertyKey[] }): string => `${toLabel(path)} ${said}`;
  return z.int({ error }).min(least, { error }).max(mostProcesses, { error });
};
const limitS = z
  .number('a time limit must be a number of seconds')
  .positive('a time limit must be above 0 seconds')
  .max(longestLimitS, `a time limit must be at most ${longestLimitS} seconds`)
  .nullable()
  .default(null);
const nothing = z.strictObject({});
const termination = {
  terminate: z.boolean('terminate must be true or false').default(false),
  signal: z.enum(terminationSignals, `signal must be one of ${terminationSignals.join(', ')}`).default('SIGTERM'),
};
/** Celery's form (`kombu.utils.limits`, `celery.utils.time.rate`): tasks a second, minute or hour; 0 or nothing: no limit. */
const rateLimitForm = /^(?:\d{1,9}(?:\.\d{1,6})?(?:\/[smh])?)?$/;

/** Questions; they change nothing. */
const inspectArguments = {
  ping: nothing,
  clock: nothing,
  report: nothing,
  stats: nothing,
  /** `safe`: arguments as the reprs that came with the message, which may hide what the sender wanted hidden. */
  active: z.strictObject({ safe: z.boolean().default(true) }),
  /** What was prefetched, is not started, and does not wait for an ETA. */
  reserved: nothing,
  /** What waits for its ETA. */
  scheduled: nothing,
  /** Ids of what will not be run, or was not. */
  revoked: nothing,
  /** `taskinfoitems`: attributes of the tasks to be named beside them. */
  registered: z.strictObject({
    taskinfoitems: z
      .array(z.string().regex(/^[A-Za-z]\w{0,63}$/, 'taskinfoitems must be names of attributes'))
      .max(20, 'at most 20 attributes can be asked for')
      .default([]),
    builtins: z.boolean().default(false),
  }),
  active_queues: nothing,
  conf: z.strictObject({ with_defaults: z.boolean().default(false) }),
  /** Which of these it runs or holds; those that wait for an ETA are unknown to it. */
  query_task: z.strictObject({ ids }),
  memsample: nothing,
} as const;

/** Orders. */
const orderArguments = {
  revoke: z.strictObject({ task_id: ids, ...termination }),
  /** Celery 5.3 and later. */
  revoke_by_stamped_headers: z.strictObject({
    headers: z
      .record(name, ids)
      .refine((headers) => Object.keys(headers).length > 0, 'at least one header is needed')
      .refine((headers) => Object.keys(headers).length <= 20, 'at most 20 headers can be sent at once'),
    ...termination,
  }),
  rate_limit: z.strictObject({
    task_name: name,
    rate_limit: z.string().regex(rateLimitForm, 'a rate limit must be a number, or one such as 10/s, 10/m or 10/h'),
  }),
  /** Seconds; null: no limit. */
  time_limit: z
    .strictObject({ task_name: name, hard: limitS, soft: limitS })
    .refine(({ hard, soft }) => hard === null || soft === null || soft <= hard, 'soft must not be above hard'),
  pool_grow: z.strictObject({ n: processes(1).default(1) }),
  pool_shrink: z.strictObject({ n: processes(1).default(1) }),
  /** Without loading modules anew, as Flower does it. */
  pool_restart: z.strictObject({ reload: z.literal(false).default(false) }),
  autoscale: z
    .strictObject({ max: processes(1), min: processes(0) })
    .refine(({ min, max }) => min <= max, 'min must not be above max'),
  /** What is left out is made from the queue's name, as a direct exchange. */
  add_consumer: z.strictObject({
    queue: name,
    exchange: name.nullable().default(null),
    exchange_type: z
      .enum(['direct', 'topic', 'fanout', 'headers'], 'exchange_type must be direct, topic, fanout or headers')
      .default('direct'),
    routing_key: name.nullable().default(null),
  }),
  cancel_consumer: z.strictObject({ queue: name }),
  enable_events: nothing,
  disable_events: nothing,
  heartbeat: nothing,
  /** Answered by nobody. */
  shutdown: nothing,
} as const;

const controlArguments = { ...inspectArguments, ...orderArguments };

export type InspectMethod = keyof typeof inspectArguments;
export type OrderMethod = keyof typeof orderArguments;
/** Everything that can be sent. */
export type ControlMethod = InspectMethod | OrderMethod;
export type ControlArguments = { [Method in ControlMethod]: z.input<(typeof controlArguments)[Method]> };

/** The arguments as Celery takes them. @throws {AppError} `bad_request`, with all that is wrong with them */
export function checkArguments(method: ControlMethod, args: unknown): Readonly<Record<string, unknown>> {
  const checked = controlArguments[method].safeParse(args);
  if (checked.success) return checked.data;
  const details = checked.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  const said = details.map(({ message }) => message).join('; ');
  throw new AppError('bad_request', `${method}: ${said}`, details);
}

function toLabel(path: readonly PropertyKey[] | undefined): string {
  return String(path?.findLast((part) => typeof part === 'string') ?? 'it');
}
