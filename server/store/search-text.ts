import type { Task } from '../domain/task.ts';
import { storableText } from './task-row.ts';

/**
 * The text of a task that substrings are searched in, the same on both engines. Name, state, worker and queue are not
 * in it: they have columns of their own. The id is, though it costs a third of the index (5 of 14 µs and 50 of 200 bytes
 * a task on SQLite): a number is a word like any other, and would else have to be looked for in every id there is.
 */
export const searchedFields = ['args', 'kwargs', 'result', 'exception', 'traceback'] as const satisfies (keyof Task)[];

export type SearchedFields = Pick<Task, 'uuid' | (typeof searchedFields)[number]>;

/** Between fields, so that nothing is found half in one and half in the next: nobody types this character. */
export const separator = '\x1f';

export function toSearchText(task: SearchedFields): string {
  let text = task.uuid;
  for (const field of searchedFields) {
    const value = task[field];
    if (value !== null) text += separator + value;
  }
  return foldText(text);
}

/**
 * Text as searches compare it: in lower case, whatever stands around it. A part of a text is folded as it is within the
 * whole, which lower case alone does not keep: Greek sigma looks different at the end of a word, and Turkish İ becomes
 * two characters, of which the second, a combining dot, is dropped. Folding twice changes nothing.
 */
export function foldText(text: string): string {
  const lower = storableText(text).toLowerCase();
  // Looked for one by one: of text in one byte a character V8 knows at once that it has none.
  if (!lower.includes('\u03c2') && !lower.includes('\u0307')) return lower;
  return lower.replaceAll('\u03c2', '\u03c3').replaceAll('\u0307', '');
}

const endStates = new Set(['SUCCESS', 'FAILURE', 'REVOKED']);

export function hasEnded(task: Task): boolean {
  return endStates.has(task.state);
}

/**
 * What becomes of a row's `indexed` when the row changes. 1: the text is to be indexed now, for the task has ended, and
 * hardly anything more is to be expected. 0: later, with what may still come. null: as it was, the text is the same.
 */
export function indexedAfter(before: Task | undefined, after: Task): 0 | 1 | null {
  const changes = !before || searchedFields.some((field) => before[field] !== after[field]);
  if (hasEnded(after)) return changes || !hasEnded(before) ? 1 : null;
  return changes ? 0 : null;
}
