import type { KnownTaskState } from '../../../server/contract/states.ts';

/** What decides colour and shape; `custom` is any state a task gave itself. */
export type StateTone = Lowercase<KnownTaskState> | 'custom';

export interface StateView {
  tone: StateTone;
  label: string;
  /** One sentence for who does not know Celery's words by heart. */
  hint: string;
}

const views: Record<KnownTaskState, StateView> = {
  PENDING: { tone: 'pending', label: 'Pending', hint: 'Sent; no worker has received it yet' },
  RECEIVED: { tone: 'received', label: 'Received', hint: 'A worker has it and has not started it' },
  STARTED: { tone: 'started', label: 'Started', hint: 'A worker is running it' },
  SUCCESS: { tone: 'success', label: 'Success', hint: 'Ended well' },
  FAILURE: { tone: 'failure', label: 'Failure', hint: 'Ended with an exception' },
  RETRY: { tone: 'retry', label: 'Retry', hint: 'Failed, and will be tried again' },
  REVOKED: { tone: 'revoked', label: 'Revoked', hint: 'Cancelled, terminated or expired' },
  LOST: { tone: 'lost', label: 'Lost', hint: 'Its worker is gone, and no other one has it' },
  REJECTED: { tone: 'rejected', label: 'Rejected', hint: 'Handed back to the broker by the worker' },
};

/** The order in which an incident asks for them. */
export const statesInOrder: readonly KnownTaskState[] = [
  'FAILURE',
  'LOST',
  'RETRY',
  'STARTED',
  'RECEIVED',
  'PENDING',
  'SUCCESS',
  'REVOKED',
  'REJECTED',
];

function isKnownState(state: string): state is KnownTaskState {
  return Object.hasOwn(views, state);
}

export function toStateView(state: string): StateView {
  if (isKnownState(state)) return views[state];
  const label = state.charAt(0).toUpperCase() + state.slice(1).toLowerCase().replaceAll(/[-_]/g, ' ');
  return { tone: 'custom', label, hint: `A state of the task's own: ${state}` };
}

/** Nothing goes on now: it is over, waits to be tried again, or nobody has it. */
export function isAtRest(state: string): boolean {
  return isFinished(state) || state === 'RETRY' || state === 'LOST';
}

/** No further event is expected. RETRY is not the end: the task comes back under the same id. */
function isFinished(state: string): boolean {
  return state === 'SUCCESS' || state === 'FAILURE' || state === 'REVOKED' || state === 'REJECTED';
}
