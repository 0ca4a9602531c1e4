import type { TaskBody } from '../../../server/contract/tasks.ts';
import { isAtRest } from './task-state.ts';
import { readIsoTime } from './time.ts';

/** One moment in a task's life, and the wait that led to it. */
export interface TaskStep {
  key: 'sent' | 'received' | 'started' | 'ended';
  label: string;
  /** Epoch seconds; null: not seen. */
  at: number | null;
  /** Why there is no time, where that can be said. */
  missing: string | null;
  /** No event told it. */
  inferred: boolean;
  wait: TaskWait | null;
}

export interface TaskWait {
  label: string;
  /** Null: one of its ends was not seen, or the two clocks contradict each other. */
  seconds: number | null;
  /** It lasts still: `seconds` is up to now. */
  running: boolean;
  skewed: boolean;
}

const endLabels: Record<string, string> = {
  SUCCESS: 'Succeeded',
  FAILURE: 'Failed',
  REVOKED: 'Revoked',
  REJECTED: 'Rejected',
  RETRY: 'To be retried',
  LOST: 'Found lost',
};

/** When the state was reached that ended this attempt; null while it lasts. */
export function endOf(task: TaskBody): number | null {
  switch (task.state) {
    case 'SUCCESS':
      return task.succeeded;
    case 'FAILURE':
      return task.failed;
    case 'REVOKED':
      return task.revoked;
    case 'REJECTED':
      return task.rejected;
    case 'RETRY':
      return task.retried;
    case 'LOST':
      return task.timestamp;
    default:
      return null;
  }
}

/** A sender makes its event after it has sent the task: a quick worker's is older by a little, and no clock is to blame. */
const tolerableSkewS = 1;

function toWait(label: string, from: number | null, to: number | null, nowS: number | null): TaskWait | null {
  if (from === null) return null;
  const running = to === null && nowS !== null;
  const end = to ?? nowS;
  if (end === null) return null;
  const skewed = end < from - tolerableSkewS && !running;
  return { label, seconds: skewed ? null : Math.max(0, end - from), running, skewed };
}

/** Sent, received, started, ended; a wait runs on while nothing has come after it. `nowS`: epoch seconds. */
export function toTaskSteps(task: TaskBody, nowS: number): TaskStep[] {
  const ended = endOf(task);
  const open = !isAtRest(task.state);
  const eta = readIsoTime(task.eta);
  const heldByEta = eta !== null && task.received !== null && eta > task.received;
  // A retried task is sent and received anew: what an earlier attempt left behind is not part of this one.
  const started = open && isBefore(task.started, task.received) ? null : task.started;
  const now = (last: boolean) => (open && last ? nowS : null);
  return [
    {
      key: 'sent',
      label: 'Sent',
      at: task.sent,
      missing: 'not seen: the sender needs task_send_sent_event',
      inferred: false,
      wait: null,
    },
    {
      key: 'received',
      label: 'Received',
      at: task.received,
      missing: open && task.started === null ? 'not yet' : 'not seen',
      inferred: false,
      wait: toWait('in the queue', task.sent, task.received, now(task.started === null)),
    },
    {
      key: 'started',
      label: 'Started',
      at: started,
      missing: open ? 'not yet' : 'not seen',
      inferred: task.inferred?.includes('started') ?? false,
      wait: toWait(heldByEta ? 'until its ETA' : 'prefetched', task.received, started, now(true)),
    },
    {
      key: 'ended',
      label: endLabels[task.state] ?? 'Ended',
      at: ended,
      missing: open ? 'not yet' : 'not seen',
      inferred: task.inferred?.includes('state') ?? false,
      // How long a lost task ran nobody knows.
      wait: task.state === 'LOST' ? null : toWait('running', started, ended, now(true)),
    },
  ];
}

function isBefore(a: number | null, b: number | null): boolean {
  return a !== null && b !== null && a < b;
}

/** Seconds this attempt ran, or has been running; null: it has not started. */
export function toRunTime(task: TaskBody, nowS: number): { seconds: number; running: boolean } | null {
  if (task.state === 'SUCCESS' && task.runtime !== null) return { seconds: task.runtime, running: false };
  if (task.started === null || task.state === 'LOST') return null;
  const ended = endOf(task);
  // Failed and retried tasks announce no run time: what lies between their events is the best there is.
  if (ended !== null) return ended >= task.started ? { seconds: ended - task.started, running: false } : null;
  const runs = !isAtRest(task.state) && !isBefore(task.started, task.received);
  return runs ? { seconds: Math.max(0, nowS - task.started), running: true } : null;
}

/** The line under the arguments: what came of it. */
export function toOutcome(task: TaskBody): { kind: 'result' | 'exception'; text: string } | null {
  const failed = task.state === 'FAILURE' || task.state === 'RETRY';
  if (failed && task.exception !== null) return { kind: 'exception', text: task.exception };
  return task.state === 'SUCCESS' && task.result !== null ? { kind: 'result', text: task.result } : null;
}

export interface TaskRelatives {
  root: string | null;
  parent: string | null;
  children: string[];
}

/** Celery makes a retried task its own parent and child, and a lone task its own root: those lead nowhere and are left out. */
export function toRelatives(task: TaskBody): TaskRelatives {
  const other = (uuid: string | null) => (uuid === null || uuid === '' || uuid === task.uuid ? null : uuid);
  return {
    root: other(task.root_id ?? task.root),
    parent: other(task.parent_id ?? task.parent),
    children: [...new Set(task.children)].filter((uuid) => uuid !== task.uuid),
  };
}
