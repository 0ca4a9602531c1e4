import { exceptionClass, finishedAt, queueOf, receivedAt, runtimeS, waitS } from '../domain/derived.ts';
import type { Task } from '../domain/task.ts';
import type { CodeColumn, NumberColumn } from './columns.ts';
import { storableText } from './task-row.ts';

/** What a task is in each column. Of a task that was read back from its row the same as of the one it was written from. */
export const numberOf: Readonly<Record<NumberColumn, (task: Task) => number | null>> = {
  timestamp: (task) => task.timestamp,
  received: receivedAt,
  started: (task) => task.started,
  finished: finishedAt,
  runtime: runtimeS,
  wait: waitS,
  retries: (task) => task.retries,
};

/** As the task has it; {@link toStoredText} makes of it what a dictionary has. */
export const textOf: Readonly<Record<CodeColumn, (task: Task) => string | null>> = {
  state: (task) => task.state,
  name: (task) => task.name,
  worker: (task) => task.worker,
  queue: queueOf,
  exception: exceptionClass,
};

/** Dictionaries are indexed by their texts, and Postgres refuses an entry of more than 2.7 kB. */
const maxLength = 600;

/** As a dictionary has it. */
export const toStoredText = (text: string): string => storableText(text.slice(0, maxLength));

/** Whether a text of a dictionary may be the beginning of a longer one. */
export const mayBeCut = (text: string): boolean => text.length >= maxLength;

export function storedTextOf(column: CodeColumn, task: Task): string | null {
  const text = textOf[column](task);
  return text === null ? null : toStoredText(text);
}
