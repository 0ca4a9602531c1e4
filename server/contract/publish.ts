import { z } from 'zod';
import { isName, mostNameBytes } from './names.ts';
import { float } from './parameters.ts';

/** What can be asked for when a task is sent: Celery's `apply_async`, as far as JSON can say it. */

const name = (what: string) =>
  z
    .string(`${what} must be text`)
    .refine(isName, `${what} must be text of 1 to ${mostNameBytes} bytes without control characters`);

/** Ten years; seconds. */
const longestS = 315_360_000;
const seconds = (what: string, least: number) => {
  const error = `${what} must be a number of seconds from ${least} to ${longestS}`;
  const number = z.number(error).min(least, error).max(longestS, error);
  // Flower takes numbers in quotes too.
  return z.union([number, z.string().regex(numberForm, error).transform(Number).pipe(number)], error);
};
const numberForm = /^[+-]?\d{1,15}(?:\.\d{1,15})?$/;

/** A point in time as Python's `isoformat` writes it; without an offset workers take it for UTC. */
export interface WireTime {
  iso: string;
  /** Epoch seconds. */
  at: number;
}

const timeForm = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(Z|[+-]\d\d:\d\d)?$/;
const time = (what: string) =>
  z.string().transform((text, context): WireTime => {
    const [, day = '', clock = '', fraction = '', zone = ''] = timeForm.exec(text.trim()) ?? [];
    const at = Date.parse(`${day}T${clock}${zone || 'Z'}`) / 1000;
    if (!Number.isFinite(at)) {
      const message = `${what} '${text.slice(0, 50)}' is no date of the form YYYY-MM-DD HH:MM:SS.ffffff, with an offset or without`;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    }
    const micros = fraction.padEnd(6, '0');
    const shown = Number(micros) === 0 ? '' : `.${micros}`;
    return { iso: `${day}T${clock}${shown}${zone.replace('Z', '+00:00')}`, at: at + Number(`0.${micros}`) };
  });

const json = (what: string, mostKeys: number) =>
  z
    .record(name(`a key of ${what}`), z.unknown(), `${what} must be an object`)
    .refine((record) => Object.keys(record).length <= mostKeys, `${what} may have ${mostKeys} keys`);

const args = z.array(z.unknown(), 'args must be a list');
const kwargs = z.record(z.string(), z.unknown(), 'kwargs must be an object');
const priority = z
  .int('priority must be a whole number from 0 to 255')
  .min(0, 'priority must be a whole number from 0 to 255')
  .max(255, 'priority must be a whole number from 0 to 255');

/** What a task that is called by another one's end may be given beside its arguments. */
const linkOptions = z
  .strictObject({
    queue: name('queue'),
    exchange: name('exchange'),
    routing_key: name('routing_key'),
    task_id: name('task_id'),
    countdown: seconds('countdown', 0),
    expires: seconds('expires', 0),
    priority,
  })
  .partial();

/** A signature; what is left out is filled in, for a worker fails without it. */
const signature = z.strictObject(
  {
    task: name('task'),
    args: args.default([]),
    kwargs: kwargs.default({}),
    options: linkOptions.default({}),
    subtask_type: z.null('subtask_type must be null: chains, groups and chords cannot be linked here').default(null),
    immutable: z.boolean('immutable must be true or false').default(false),
  },
  'a link must be an object with the task to call: {"task", "args", "kwargs", "options", "immutable"}',
);
const links = z.preprocess(
  (given) => (Array.isArray(given) ? (given as unknown[]) : [given]),
  z.array(signature).max(20, 'at most 20 links can be given'),
);

const limitS = (what: string) => seconds(what, 0.001);

const taskOptions = {
  task_id: name('task_id'),
  countdown: seconds('countdown', -longestS),
  eta: time('eta'),
  expires: z.union([seconds('expires', -longestS), time('expires')], {
    error: 'expires must be a number of seconds, or a date of the form YYYY-MM-DD HH:MM:SS.ffffff',
  }),
  queue: name('queue'),
  exchange: name('exchange'),
  routing_key: name('routing_key'),
  priority,
  /** Whether to try again to reach the broker: it is always tried once on each of its URLs. */
  retry: z.boolean('retry must be true or false'),
  serializer: z.literal('json', 'serializer must be json'),
  compression: z.enum(['gzip', 'zlib'], 'compression must be gzip or zlib'),
  headers: json('headers', 50),
  shadow: name('shadow'),
  link: links,
  link_error: links,
  time_limit: limitS('time_limit'),
  soft_time_limit: limitS('soft_time_limit'),
  ignore_result: z.boolean('ignore_result must be true or false'),
  root_id: name('root_id'),
  parent_id: name('parent_id'),
  group_id: name('group_id'),
  retries: z.int('retries must be a whole number').min(0, 'retries must be 0 or more').max(1_000_000),
  delivery_mode: z.union([z.literal(1), z.literal(2)], 'delivery_mode must be 1 (transient) or 2 (persistent)'),
  /** What monitors are shown in the place of the arguments, such as `(***)`. */
  argsrepr: z.string('argsrepr must be text').max(4096, 'argsrepr may have 4096 characters'),
  kwargsrepr: z.string('kwargsrepr must be text').max(4096, 'kwargsrepr may have 4096 characters'),
};

const optionalOptions = z.object(taskOptions).partial();
export type TaskOptions = z.infer<typeof optionalOptions>;

const accepted = ['args', 'kwargs', ...Object.keys(taskOptions)];
const unknownOption = (names: readonly string[], known: readonly string[]): string =>
  `Unknown option ${names.map((each) => `'${each.slice(0, 50)}'`).join(', ')}. Accepted: ${known.join(', ')}`;
const toError =
  (known: readonly string[], what: string) =>
  (issue: { code?: string; keys?: string[] }): string =>
    issue.code === 'unrecognized_keys' ? unknownOption(issue.keys ?? [], known) : what;

/** The body of `POST /api/task/apply/NAME`, `async-apply` and `send-task`; an empty one is `{}`. */
export const publishRequest = z.strictObject(
  { args: args.default([]), kwargs: kwargs.default({}), ...optionalOptions.shape },
  { error: toError(accepted, 'The body must be a JSON object') },
);
export type PublishRequest = z.infer<typeof publishRequest>;

/** `POST /api/task/retry/ID`: what is left out is taken from what was recorded of the task. */
export const retryRequest = z.strictObject(
  { args: args.optional(), kwargs: kwargs.optional(), queue: name('queue').optional() },
  { error: toError(['args', 'kwargs', 'queue'], 'The body must be a JSON object') },
);

/** The most seconds that anybody is kept waiting for a result. */
export const longestWaitS = 3600;

/** `GET /api/task/result/ID`, `POST /api/task/apply/NAME`: seconds to wait for the result. */
export const resultRequest = z.object({
  timeout: float
    .refine(
      (wait) => wait >= 0 && wait <= longestWaitS,
      `timeout must be a number of seconds from 0 to ${longestWaitS}`,
    )
    .optional(),
});

/** `GET /api/task/result/ID` */
export interface ResultBody {
  'task-id': string;
  /** Of unknown ids `PENDING`. */
  state: string;
  /** Of a task that has ended; of one that failed the exception's repr. What JSON cannot hold is shown as its repr. */
  result?: unknown;
  /** Of a failure. */
  traceback?: string | null;
}

/** `POST /api/task/async-apply/NAME`, `send-task/NAME`: without a result backend nobody knows a state. */
export interface SentBody {
  'task-id': string;
  state?: string;
}

/** `POST /api/task/retry/ID` */
export interface RetriedBody extends SentBody {
  /** The task that is run again. */
  retry_of: string;
}
