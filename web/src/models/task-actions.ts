import type { TaskBody } from '../../../server/contract/tasks.ts';
import { isAtRest } from './task-state.ts';

export type ActionName = 'again' | 'revoke' | 'terminate' | 'abort';

export interface Action {
  name: ActionName;
  /** Why it cannot be done now; null: it can. */
  why: string | null;
}

export interface ActingOptions {
  /** null: not known yet. */
  isReadOnly: boolean | null;
  /** Whether the server lets this page act at all. */
  mayAct: boolean;
  hasResults: boolean;
}

/** What can be done with a task as it is now. What makes no sense for one that has ended is left out. */
export function toActions(task: TaskBody, { isReadOnly, mayAct, hasResults }: ActingOptions): Action[] {
  const actions: Action[] = [{ name: 'again', why: task.name === null ? 'No event told its name' : null }];
  const isWaiting = task.state === 'PENDING' || task.state === 'RECEIVED' || task.state === 'RETRY';
  if (!isAtRest(task.state) || isWaiting) actions.push({ name: 'revoke', why: null });
  if (!isAtRest(task.state) && !isWaiting) actions.push({ name: 'terminate', why: null });
  if (!isAtRest(task.state)) {
    actions.push({ name: 'abort', why: hasResults ? null : 'It takes a result backend: set --result-backend' });
  }
  const refusal = toRefusal({ isReadOnly, mayAct });
  return refusal === null ? actions : actions.map((action) => ({ ...action, why: refusal }));
}

/** Why nothing can be changed from the page; null: something can. */
export function toRefusal({ isReadOnly, mayAct }: Omit<ActingOptions, 'hasResults'>): string | null {
  if (isReadOnly === true) return 'Herbarium is read-only here: nothing can be changed.';
  if (!mayAct) return 'Without sign-in these pages only read: set --basic-auth, or FLOWER_UNAUTHENTICATED_API.';
  return isReadOnly === null ? 'Not known yet whether it is allowed.' : null;
}

export interface ActionText {
  label: string;
  /** Of the dialog. */
  question: string;
  explanation: string;
}

export const actionTexts: Record<ActionName, ActionText> = {
  again: {
    label: 'Run again',
    question: 'Run this task again?',
    explanation: 'A new task is sent, with an id of its own; this one stays as it is.',
  },
  revoke: {
    label: 'Revoke',
    question: 'Revoke this task?',
    explanation: 'All workers are told not to start it. One that runs it already goes on.',
  },
  terminate: {
    label: 'Terminate',
    question: 'Terminate this task?',
    explanation: 'The process that runs it is sent a signal, in the midst of whatever it does.',
  },
  abort: {
    label: 'Abort',
    question: 'Ask this task to abort?',
    explanation: 'Its state becomes ABORTED in the result backend. Only an AbortableTask looks there, and ends itself.',
  },
};
