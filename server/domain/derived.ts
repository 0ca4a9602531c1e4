/**
 * In: a task. Out: what people ask about it that no event says in so many words. Pure, and the same wherever it is
 * asked: in a row's columns, in a search, on a page.
 */
import type { Task } from './task.ts';

/**
 * When a task reached its worker; one that no worker has received yet counts by when it was sent, and one of which only
 * later events were seen by the latest of them, so that every task has a place in time. Epoch seconds.
 */
export function receivedAt(task: Task): number {
  return task.received ?? task.sent ?? task.timestamp;
}

/** When the event that ended the task was made; null for a task that has not ended. Epoch seconds. */
export function finishedAt(task: Task): number | null {
  switch (task.state) {
    case 'SUCCESS':
      return task.succeeded;
    case 'FAILURE':
      return task.failed;
    case 'REVOKED':
      return task.revoked;
    case 'REJECTED':
      return task.rejected;
    default:
      return null;
  }
}

/** Seconds from being sent, or else received, to being started; null unless both are known. Clocks may disagree: never negative. */
export function waitS(task: Task): number | null {
  const from = task.sent ?? task.received;
  return from === null || task.started === null ? null : Math.max(0, task.started - from);
}

/**
 * Seconds a task ran: as its worker said of one that succeeded; from start to end of one that failed, is to be retried or
 * was revoked, of which workers say nothing. null for one that has not ended, or whose clocks contradict each other.
 */
export function runtimeS(task: Task): number | null {
  if (task.state === 'SUCCESS' && task.runtime !== null) return task.runtime;
  const ended = task.state === 'RETRY' ? task.retried : finishedAt(task);
  return ended === null || task.started === null || ended < task.started ? null : ended - task.started;
}

/**
 * The queue a task was sent to. Where the client sent no event but a worker told how the message came: AMQP's default
 * exchange delivers to the queue that the routing key names.
 */
export function queueOf(task: Task): string | null {
  if (task.queue !== null && task.queue !== '') return task.queue;
  return task.exchange === '' && task.routingKey !== '' ? task.routingKey : null;
}

const maxClassLength = 200;

/** `ValueError('x')`, `ValueError`, `yaml.YAMLError: x`; and `<HttpError 404 …>`, as classes with a repr of their own. */
const classPattern = /^(?:([\p{L}_][\p{L}\p{N}_.]*)(?:[(:]|$)|<([\p{L}_][\p{L}\p{N}_.]*)(?:[\s:(>]|$))/u;

/** `ValueError` of `ValueError('x')`, with the module where the repr has it, at most 200 characters; null: none. */
export function exceptionClass(task: Task): string | null {
  const found = task.exception === null ? null : classPattern.exec(task.exception.slice(0, 2 * maxClassLength));
  const name = found?.[1] ?? found?.[2];
  return name === undefined ? null : name.slice(0, maxClassLength).replace(/[\ud800-\udbff]$/, '');
}
