/**
 * In: what two say of one task. Out: which of them is the later, for each group of fields that one event brings together;
 * two of one moment are told apart by the group's content. Positive when `a` comes after `b`.
 */
import { compare } from './fields.ts';
import type { Task } from './task.ts';

/** A received message is the message as it runs; one that was only sent says what was meant to run. */
export function compareMessages(a: Task, b: Task): number {
  return (
    compare(a.received, b.received) ||
    (a.received === null ? compare(a.sent, b.sent) : 0) ||
    compare(a.name, b.name) ||
    compare(a.args, b.args) ||
    compare(a.kwargs, b.kwargs) ||
    compare(a.eta, b.eta) ||
    compare(a.expires, b.expires) ||
    compare(a.rootId, b.rootId) ||
    compare(a.parentId, b.parentId)
  );
}

export function compareSendings(a: Task, b: Task): number {
  return (
    compare(a.sent, b.sent) ||
    compare(a.client, b.client) ||
    compare(a.queue, b.queue) ||
    compare(a.exchange, b.exchange) ||
    compare(a.routingKey, b.routingKey)
  );
}

export function compareSuccesses(a: Task, b: Task): number {
  return compare(a.succeeded, b.succeeded) || compare(a.result, b.result) || compare(a.runtime, b.runtime);
}

/** The error that ended the task; until it ends, the one it is retried for. */
export function compareErrors(a: Task, b: Task): number {
  return (
    compare(a.failed, b.failed) ||
    (a.failed === null ? compare(a.retried, b.retried) : 0) ||
    compare(a.exception, b.exception) ||
    compare(a.traceback, b.traceback)
  );
}

/** When a worker last said something of it. */
export function workedAt(task: Task): number {
  return Math.max(
    task.received ?? -Infinity,
    task.started ?? -Infinity,
    task.succeeded ?? -Infinity,
    task.failed ?? -Infinity,
    task.retried ?? -Infinity,
    task.revoked ?? -Infinity,
    task.rejected ?? -Infinity,
    task.customAt ?? -Infinity,
  );
}
