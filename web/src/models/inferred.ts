import type { TaskBody, TaskEventBody } from '../../../server/contract/tasks.ts';

/** An event that no worker sent: what was learnt by asking, or from a silence. */
export function isInferredEvent(event: TaskEventBody): boolean {
  return event.type === 'task-inferred' && event.hostname === 'herbarium';
}

const sentences: Readonly<Record<string, string>> = {
  active: 'inferred from what its worker runs',
  reserved: 'inferred from what its worker holds',
  scheduled: 'inferred from what its worker has scheduled',
  revoked: 'inferred from what its worker knows as revoked',
  result: 'inferred from the result backend',
  lost: 'inferred from its worker’s being gone',
};

/** What follows from an event's state, without being one of its fields. */
const decided = new Set(['state', 'timestamp', 'succeeded', 'failed', 'revoked']);

/**
 * How it is known what a field of the task says; null: from the events of those who saw it. The events may not be
 * loaded yet, nor kept for ever.
 */
export function toInferredHint(task: TaskBody, field: string, events: readonly TaskEventBody[]): string | null {
  if (!task.inferred?.includes(field)) return null;
  const told = (event: TaskEventBody): boolean =>
    decided.has(field) ? event['state'] === task.state : event[field] === task[field as keyof TaskBody];
  const source = events.findLast((event) => isInferredEvent(event) && told(event))?.['source'];
  return sentences[String(source)] ?? 'inferred: no event told it';
}
