/**
 * The states Celery itself gives a task, and LOST, which Celery has no word for: a worker had it, is gone, and no other
 * one has it. A task may also be in a custom state: the subject of its own event in upper case.
 */
export const taskStates = [
  'PENDING',
  'RECEIVED',
  'STARTED',
  'SUCCESS',
  'FAILURE',
  'REVOKED',
  'REJECTED',
  'RETRY',
  'LOST',
] as const;

export type KnownTaskState = (typeof taskStates)[number];
