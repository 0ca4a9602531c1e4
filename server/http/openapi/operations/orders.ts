import { rateLimitRequest, revokeRequest, terminationSignals, timeoutRequest } from '../../../contract/control.ts';
import { described, type Operation } from '../operation.ts';

const common = { tag: 'Orders', method: 'post', answer: { json: 'MessageBody' } } as const;

export const orderOperations: readonly Operation[] = [
  {
    ...common,
    id: 'setTimeLimits',
    path: '/api/task/timeout/*name',
    summary: 'Sets the time limits that a worker gives to all tasks of a name',
    rest: 'The name of a task',
    form: described(timeoutRequest, {
      workername: 'The host name of the worker',
      soft: 'Seconds after which a task is told; none unless told',
      hard: 'Seconds after which its process is ended; none unless told',
    }),
    refusals: { 404: 'text' },
  },
  {
    ...common,
    id: 'setRateLimit',
    path: '/api/task/rate-limit/*name',
    summary: 'Sets how many tasks of a name a worker begins',
    rest: 'The name of a task',
    form: described(rateLimitRequest, {
      workername: 'The host name of the worker',
      ratelimit: 'Tasks a second, or `10/s`, `10/m`, `10/h`; 0 for no limit',
    }),
    refusals: { 404: 'text' },
  },
  {
    ...common,
    id: 'revokeTask',
    path: '/api/task/revoke/*id',
    summary: 'Tells all workers not to run a task, or to end it',
    rest: 'The id of a task',
    form: described(revokeRequest, {
      terminate: 'Whether to end it where it runs; false unless told',
      signal: `How: ${terminationSignals.join(', ')}, with or without SIG; SIGTERM unless told`,
    }),
  },
];
