/**
 * Builds the control messages that Herbarium sends (`kombu.pidbox`, `celery.app.control`).
 *
 * In: a command with its arguments, and whom to send it. Out: a {@link Broadcast}, byte for byte what Celery's own
 * monitors send. Only commands of `control-arguments.ts`, and never a pattern or matcher: an unknown matcher would
 * deafen workers, so there is no way to build one here.
 */
import type { Broadcast } from '../brokers/broker.ts';
import { isName } from '../contract/names.ts';
import { AppError } from '../errors.ts';
import { checkArguments, type ControlArguments, type ControlMethod } from './control-arguments.ts';
import { toPythonJson } from '../python/python-json-text.ts';

export interface ControlOptions {
  /** The sender's Lamport clock; workers only tick theirs for it. */
  clock: number;
  /** Epoch seconds after which it is of no use; workers do not look at it. 0: never, the default. */
  expires?: number;
  /** Node names, at least one. All workers when left out. */
  destination?: readonly string[];
}

/** Asks workers to send a heartbeat now: how a monitor learns who is there when it starts. */
export function toHeartbeatRequest(options: ControlOptions): Broadcast {
  return toBroadcast('heartbeat', options);
}

/** Asks workers to send task events, as if started with `-E`. Those that already do answer nothing else. */
export function toEnableEventsRequest(options: ControlOptions): Broadcast {
  return toBroadcast('enable_events', options);
}

export interface AnsweredOptions extends ControlOptions {
  /** Comes back with each reply. */
  ticket: string;
  /** Exchange and routing key that replies are sent to. */
  replyTo: { exchange: string; routingKey: string };
}

/**
 * Any command that there is. With `ticket` and `replyTo`, each worker answers by a reply of its own, see
 * `inspect-reply.ts`.
 * @throws {AppError} `bad_request` for arguments that a worker could not bear, or a list of workers that is none
 */
export function toControlRequest<Method extends ControlMethod>(
  method: Method,
  args: ControlArguments[Method],
  options: ControlOptions | AnsweredOptions,
): Broadcast {
  return toBroadcast(method, options, checkArguments(method, args));
}

function toBroadcast(
  method: ControlMethod,
  options: ControlOptions | AnsweredOptions,
  args: Readonly<Record<string, unknown>> = {},
): Broadcast {
  const { clock, expires = 0, destination = null } = options;
  checkDestination(method, destination);
  const { exchange, routingKey } = 'replyTo' in options ? options.replyTo : {};
  const reply = 'ticket' in options && {
    ticket: options.ticket,
    reply_to: { exchange, routing_key: routingKey },
  };
  const body = { method, arguments: args, destination, pattern: null, matcher: null, ...reply };
  return { body: toPythonJson(body), headers: { clock, expires } };
}

function checkDestination(method: string, destination: readonly string[] | null): void {
  // Workers take an empty list for "everybody".
  if (destination?.length === 0) throw new AppError('bad_request', `No worker is named to send ${method} to.`);
  if (destination !== null && !destination.every(isName)) {
    throw new AppError('bad_request', `${method} is to be sent to what is no name of a worker.`);
  }
}
