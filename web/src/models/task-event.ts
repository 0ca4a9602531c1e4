import type { TaskBody, TaskEventBody } from '../../../server/contract/tasks.ts';
import { isInferredEvent } from './inferred.ts';
import { toStateView, type StateTone } from './task-state.ts';

export interface TaskEventView {
  type: string;
  tone: StateTone;
  at: number;
  /** Since the event before it; null for the first. Negative when two clocks differ. */
  sinceLast: number | null;
  hostname: string;
  pid: number | null;
  fields: { name: string; text: string }[];
  /** Those that say the same as the task itself: the page has them already. */
  known: { name: string; text: string }[];
}

const statesBySubject: Record<string, string> = {
  sent: 'PENDING',
  received: 'RECEIVED',
  started: 'STARTED',
  succeeded: 'SUCCESS',
  failed: 'FAILURE',
  retried: 'RETRY',
  revoked: 'REVOKED',
  rejected: 'REJECTED',
};

const shownElsewhere = new Set([
  'type',
  'uuid',
  'hostname',
  'timestamp',
  'clock',
  'pid',
  'utcoffset',
  'local_received',
]);

/** The state that an event brings its task into; a custom one is a state itself. */
export function toEventState(type: string): string {
  const subject = type.slice(type.indexOf('-') + 1);
  return statesBySubject[subject] ?? subject.toUpperCase();
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Events in their stored order → rows. Fields that say nothing (null, an empty text) are left out. */
export function toEventViews(events: readonly TaskEventBody[], task: TaskBody): TaskEventView[] {
  const isKnown = ([name, value]: [string, unknown]) => name in task && task[name as keyof TaskBody] === value;
  const toField = ([name, value]: [string, unknown]) => ({ name, text: toText(value) });
  return events.map((event, index) => {
    const told = Object.entries(event).filter(
      ([name, value]) => !shownElsewhere.has(name) && value !== null && value !== undefined && value !== '',
    );
    const inferred = isInferredEvent(event) && typeof event['state'] === 'string' ? event['state'] : null;
    const before = events[index - 1];
    return {
      type: event.type,
      tone: toStateView(inferred ?? toEventState(event.type)).tone,
      at: event.timestamp,
      sinceLast: before ? event.timestamp - before.timestamp : null,
      hostname: event.hostname,
      pid: event.pid,
      fields: told.filter((field) => !isKnown(field)).map(toField),
      known: told.filter(isKnown).map(toField),
    };
  });
}

/** The queue is told by `task-sent` alone. */
export function findQueue(events: readonly TaskEventBody[]): string | null {
  const queue = events.findLast((event) => typeof event['queue'] === 'string' && event['queue'] !== '')?.['queue'];
  return typeof queue === 'string' ? queue : null;
}
