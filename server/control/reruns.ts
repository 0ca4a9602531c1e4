/**
 * Sends a task once more, as it was recorded. In: its id, and what is to be different. Out: the id of a new task, which
 * carries the old one's in a header, and a link between the two that is stored.
 */
import type { TaskOptions } from '../contract/publish.ts';
import { AppError } from '../errors.ts';
import { readRecordedArgs, readRecordedKwargs, type Recorded } from '../python/recorded-arguments.ts';
import type { Publisher } from './publisher.ts';

/** What was recorded of a task. */
export interface RecordedTask {
  name: string | null;
  args: string | null;
  kwargs: string | null;
  exchange: string | null;
  routing_key: string | null;
}

/** What is to be different; what is left out is as it was. */
export interface Changes {
  args?: unknown[] | undefined;
  kwargs?: Record<string, unknown> | undefined;
  queue?: string | undefined;
}

/** `uuid` is `retryOf` run again. */
export interface Rerun {
  uuid: string;
  retryOf: string;
}

export interface Reruns {
  /**
   * Settles with the new task's id when the broker has it.
   * @throws {AppError} `bad_request`, with the reason, when it cannot be sent as it was; `broker_unavailable`
   */
  run(id: string, task: RecordedTask, changes: Changes): Promise<string>;
}

export interface RerunSources {
  publisher: Publisher;
  /** What is lost on the way is not told again. */
  save: (rerun: Rerun) => void;
}

/** By it a worker's task can tell whose repetition it is. */
const header = 'herbarium_retry_of';

export function openReruns({ publisher, save }: RerunSources): Reruns {
  return {
    async run(id, task, changes) {
      if (task.name === null) {
        throw new AppError('bad_request', `The task '${id}' cannot be sent again: no event told its name.`);
      }
      const args = changes.args ?? demand('args', readRecordedArgs(task.args));
      const kwargs = changes.kwargs ?? demand('kwargs', readRecordedKwargs(task.kwargs));
      const options = toPlace(task, changes);
      const uuid = await publisher.publish({ task: task.name, args, kwargs, options, headers: { [header]: id } });
      save({ uuid, retryOf: id });
      return uuid;
    },
  };
}

/** Where it was sent, as far as that is known; else where its kind goes. */
function toPlace({ exchange, routing_key: routingKey }: RecordedTask, { queue }: Changes): TaskOptions {
  if (queue !== undefined) return { queue };
  if (exchange === null || routingKey === null) return {};
  return exchange === '' ? { queue: routingKey } : { exchange, routing_key: routingKey };
}

/** @throws {AppError} `bad_request`, with the reason, when they cannot be sent as they were */
function demand<T>(which: 'args' | 'kwargs', recorded: Recorded<T>): T {
  if (recorded.ok) return recorded.value;
  const { why } = recorded;
  const said = `The recorded ${which} cannot be sent again: ${why}. Give ${which} in the body.`;
  throw new AppError('bad_request', said, [{ path: which, message: why }]);
}
