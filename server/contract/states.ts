/** The states Celery itself gives a task. A task may also be in a custom state: the subject of its own event in upper case. */
export const taskStates = [
  'PENDING',
  'RECEIVED',
  'STARTED',
  'SUCCESS',
  'FAILURE',
  'REVOKED',
  'REJECTED',
  'RETRY',
] as const;

export type KnownTaskState = (typeof taskStates)[number];
