import { longestWaitS, publishRequest, resultRequest, retryRequest } from '../../../contract/publish.ts';
import { described, type Operation } from '../operation.ts';

const wait = described(resultRequest, { timeout: `Seconds to wait for it, at most ${longestWaitS}` });

const link = 'A signature `{"task", "args", "kwargs", "options", "immutable"}`, or a list of them';
const date = '`YYYY-MM-DD HH:MM:SS.ffffff`, with an offset or in UTC';

const call = described(publishRequest, {
  args: 'Positional arguments',
  kwargs: 'Keyword arguments',
  task_id: 'Its id; a random one unless told',
  countdown: 'Seconds to wait before it runs',
  eta: `When it runs: ${date}`,
  expires: `When it is not to run any more: seconds from now, or ${date}`,
  queue: 'The queue; unless told where the app’s `task_routes` and default queue send it',
  exchange: 'The exchange, in the place of the queue',
  routing_key: 'The routing key, with the exchange',
  priority: 'On RabbitMQ the more the sooner, on Redis the less',
  retry: 'Without effect: each URL of the broker is tried once',
  serializer: 'How the arguments are written',
  compression: 'How the message is compressed; not at all unless told',
  headers: 'Headers of the message, for the task to read',
  shadow: 'The name that monitors are shown',
  link: `Called with the result. ${link}`,
  link_error: `Called when it fails. ${link}`,
  time_limit: 'Seconds after which its process is ended',
  soft_time_limit: 'Seconds after which it is told',
  ignore_result: 'Whether nobody wants the result',
  root_id: 'The id of the first task of its chain',
  parent_id: 'The id of the task that calls it',
  group_id: 'The id of its group',
  retries: 'How often it was tried before',
  delivery_mode: '1: lost when RabbitMQ restarts, 2: kept',
  argsrepr: 'What monitors are shown in the place of `args`',
  kwargsrepr: 'What monitors are shown in the place of `kwargs`',
});

const common = { tag: 'Calls', method: 'post', rest: 'The name of a task' } as const;

export const callOperations: readonly Operation[] = [
  {
    ...common,
    id: 'applyTask',
    path: '/api/task/apply/*name',
    summary: 'Calls a task that is known, and waits for its result',
    description: 'As long as its client is there, and the timeout is not over. It needs `--result-backend`.',
    query: wait,
    body: call,
    answer: { json: 'ResultBody' },
    refusals: { 404: 'text' },
  },
  {
    ...common,
    id: 'applyTaskAsync',
    path: '/api/task/async-apply/*name',
    summary: 'Calls a task that is known, and does not wait',
    body: call,
    answer: { json: 'SentBody' },
    refusals: { 404: 'text' },
  },
  {
    ...common,
    id: 'sendTask',
    path: '/api/task/send-task/*name',
    summary: 'Calls a task of any name, and does not wait',
    body: call,
    answer: { json: 'SentBody' },
  },
  {
    ...common,
    id: 'retryTask',
    path: '/api/task/retry/*id',
    summary: 'Runs a stored task again, from its recorded arguments',
    description: 'Refused, with the reason, where they were cut or hidden, or are what JSON would change.',
    rest: 'The id of a stored task',
    body: described(retryRequest, {
      args: 'Positional arguments in the place of the recorded ones',
      kwargs: 'Keyword arguments in the place of the recorded ones',
      queue: 'The queue; as it was sent unless told',
    }),
    answer: { json: 'RetriedBody' },
    refusals: { 404: 'text' },
  },
  {
    ...common,
    id: 'abortTask',
    path: '/api/task/abort/*id',
    summary: 'Asks an `AbortableTask` to end itself',
    rest: 'The id of a task',
    answer: { json: 'MessageBody' },
    refusals: { 400: 'text', 501: 'json' },
  },
  {
    id: 'readResult',
    tag: 'Calls',
    method: 'get',
    path: '/api/task/result/*id',
    summary: 'What came of a task, as the result backend has it',
    rest: 'The id of a task',
    query: wait,
    answer: { json: 'ResultBody' },
    refusals: { 503: 'json' },
  },
];
