/**
 * What workers can be asked and told from a shell, by the names and with the words of `celery inspect` and `celery
 * control` (`celery.worker.control`). Arguments are read here, and judged by `celery/control-arguments.ts`.
 */
import type { InspectMethod, OrderMethod } from '../control/remote-control.ts';
import { AppError } from '../errors.ts';

export interface RemoteMethod<Method = InspectMethod | OrderMethod> {
  /** As it is typed. */
  readonly name: string;
  /** The words that follow, as they are shown. */
  readonly usage: string;
  /** One sentence, without a full stop. */
  readonly help: string;
  readonly method: Method;
  /** How many words there may be; one more is a slip. */
  readonly most: number;
  /** To be checked before they are sent. */
  readonly toArguments: (words: readonly string[]) => Record<string, unknown>;
}

const nothing = { usage: '', most: 0, toArguments: () => ({}) } as const;

const question = (name: InspectMethod, help: string): RemoteMethod<InspectMethod> => ({
  name,
  help,
  method: name,
  ...nothing,
});

export const inspectMethods: readonly RemoteMethod<InspectMethod>[] = [
  question('active', 'Tasks that are run now'),
  question('active_queues', 'Queues that are consumed'),
  question('clock', 'The logical clock'),
  {
    name: 'conf',
    usage: '[WITH_DEFAULTS]',
    help: 'Settings, without secrets; those at their defaults too with true',
    method: 'conf',
    most: 1,
    toArguments: ([all]) => (all === undefined ? {} : { with_defaults: readSwitch(all) }),
  },
  question('memsample', 'How much memory is used'),
  question('ping', 'Who is there'),
  {
    name: 'query_task',
    usage: 'ID...',
    help: 'Which of these tasks are run or held',
    method: 'query_task',
    most: Infinity,
    toArguments: (ids) => ({ ids }),
  },
  {
    name: 'registered',
    usage: '[ATTRIBUTE...]',
    help: 'Tasks that are known, with these attributes of them',
    method: 'registered',
    most: Infinity,
    toArguments: (taskinfoitems) => ({ taskinfoitems }),
  },
  question('report', 'What a report of a bug should tell'),
  question('reserved', 'Tasks that are held, and neither run nor wait for their time'),
  question('revoked', 'Ids of tasks that are not to be run'),
  question('scheduled', 'Tasks that wait for their time'),
  question('stats', 'Pool, uptime and how many tasks were run'),
];

const order = (name: OrderMethod, help: string): RemoteMethod<OrderMethod> => ({
  name,
  help,
  method: name,
  ...nothing,
});
const resize = (name: 'pool_grow' | 'pool_shrink', help: string): RemoteMethod<OrderMethod> => ({
  ...order(name, help),
  usage: '[N=1]',
  most: 1,
  toArguments: ([n]) => (n === undefined ? {} : { n: readNumber(n) }),
});

export const controlMethods: readonly RemoteMethod<OrderMethod>[] = [
  {
    ...order('add_consumer', 'Consumes from a queue'),
    usage: 'QUEUE [EXCHANGE [TYPE [ROUTING_KEY]]]',
    most: 4,
    toArguments: ([queue, exchange, exchange_type, routing_key]) => ({ queue, exchange, exchange_type, routing_key }),
  },
  {
    ...order('autoscale', 'Sets the bounds of a pool that changes by itself'),
    usage: 'MAX [MIN=0]',
    most: 2,
    toArguments: ([max, min = '0']) => ({ max: readNumber(max), min: readNumber(min) }),
  },
  {
    ...order('cancel_consumer', 'Consumes no longer from a queue'),
    usage: 'QUEUE',
    most: 1,
    toArguments: ([queue]) => ({ queue }),
  },
  order('disable_events', 'Sends no events'),
  order('enable_events', 'Sends events'),
  order('heartbeat', 'Sends a heartbeat now'),
  resize('pool_grow', 'Adds processes to the pool'),
  order('pool_restart', 'Restarts the processes of the pool'),
  resize('pool_shrink', 'Takes processes from the pool, of which one has to stay'),
  {
    ...order('rate_limit', 'Sets how many tasks of a name are begun: 5/s, 5/m, 5/h; 0: no limit'),
    usage: 'TASK RATE',
    most: 2,
    toArguments: ([task_name, rate]) => ({ task_name, rate_limit: Number(rate) === 0 ? '' : rate }),
  },
  {
    ...order('revoke', 'Does not run these tasks'),
    usage: 'ID...',
    most: Infinity,
    toArguments: (task_id) => ({ task_id }),
  },
  {
    ...order('revoke_by_stamped_headers', 'Does not run tasks with these stamps, since Celery 5.3'),
    usage: 'KEY=VALUE...',
    most: Infinity,
    toArguments: (stamps) => ({ headers: readStamps(stamps) }),
  },
  order('shutdown', 'Ends workers, after the tasks that they run'),
  {
    ...order('revoke', 'Ends these tasks by a signal, such as TERM or KILL, where they run'),
    name: 'terminate',
    usage: 'SIGNAL ID...',
    most: Infinity,
    toArguments: ([signal = '', ...task_id]) => ({ task_id, terminate: true, signal: toSignalName(signal) }),
  },
  {
    ...order('time_limit', 'Sets the time limits of tasks of a name, in seconds'),
    usage: 'TASK SOFT [HARD]',
    most: 3,
    toArguments: ([task_name, soft, hard]) => ({
      task_name,
      soft: readNumber(soft),
      hard: hard === undefined ? null : readNumber(hard),
    }),
  },
];

/** @throws {AppError} `bad_request` when there is none of that name, or more words follow than it takes. */
export function findRemoteMethod<Method>(
  methods: readonly RemoteMethod<Method>[],
  name: string,
  words: readonly string[],
): RemoteMethod<Method> {
  const found = methods.find((each) => each.name === name.replaceAll('-', '_').toLowerCase());
  const names = methods.map((each) => each.name).join(', ');
  if (found === undefined) throw new AppError('bad_request', `There is no ${name.slice(0, 40)}; there are ${names}.`);
  if (words.length <= found.most) return found;
  throw new AppError('bad_request', `${[found.name, found.usage].join(' ').trim()} takes no more words.`);
}

function readSwitch(word: string): unknown {
  return { true: true, yes: true, '1': true, false: false, no: false, '0': false }[word.toLowerCase()] ?? word;
}

/** What is no number is left to the check, which says what it must be. */
function readNumber(word: string | undefined): unknown {
  return word !== undefined && /^[+-]?\d+(\.\d+)?$/.test(word) ? Number(word) : word;
}

function toSignalName(word: string): string {
  return `SIG${word.toUpperCase().replace(/^SIG/, '')}`;
}

function readStamps(stamps: readonly string[]): Record<string, string[]> {
  const headers = new Map<string, string[]>();
  for (const stamp of stamps) {
    const [, key, value] = /^([^=]+)=([^]*)$/.exec(stamp) ?? [];
    if (key === undefined || value === undefined) {
      throw new AppError('bad_request', `A stamp is written KEY=VALUE, not ${stamp.slice(0, 40)}`);
    }
    headers.set(key, [...(headers.get(key) ?? []), value]);
  }
  return Object.fromEntries(headers);
}
