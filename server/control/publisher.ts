/**
 * In: a task's name, arguments and checked options. Out: its message on the broker, in the queue in which a client of
 * the same app would put it, and the event that such a client would send. It never waits for what becomes of it.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { TaskSender } from '../brokers/open-task-sender.ts';
import { toTaskMessage, toTaskSentEvent, type TaskCall } from '../celery/task-message.ts';
import { findRouteOptions, toTaskRoute } from '../celery/task-route.ts';
import type { ClusterSettings } from './cluster-settings.ts';
import type { ResultBackend } from './results.ts';

/** The id is made where none is asked for. */
export type Call = Omit<TaskCall, 'id'>;

export interface Publisher {
  /**
   * Settles with the task's id when the broker has it.
   * @throws {AppError} `bad_request`, with nothing sent; `broker_unavailable`
   */
  publish(call: Call): Promise<string>;
}

export interface PublisherSources {
  sender: Pick<TaskSender, 'send'>;
  settings: () => ClusterSettings;
  results: Pick<ResultBackend, 'prepare'> | null;
  /** Epoch seconds. */
  now: () => number;
}

export function openPublisher({ sender, settings, results, now }: PublisherSources): Publisher {
  // A client's id, as long as it lives, for backends that need no queue of its own.
  const ownId = randomUUID();
  const { pid } = process;
  const origin = { hostname: `gen${pid}@${hostname()}`, pid };
  let clock = 0;
  return {
    async publish(call) {
      const known = settings();
      const options = { ...call.options, ...findRouteOptions(call.task, call.options, known) };
      const id = options.task_id ?? randomUUID();
      const replyTo = (await results?.prepare()) ?? ownId;
      const sentAt = now();
      const message = toTaskMessage({ ...call, id, options }, { ...origin, replyTo }, sentAt);
      const route = toTaskRoute(options, known);
      const event = known.sendsSentEvents
        ? toTaskSentEvent(message, route, { ...origin, replyTo }, { clock: ++clock, now: sentAt })
        : null;
      await sender.send({ ...message, ...route, event });
      return id;
    },
  };
}
