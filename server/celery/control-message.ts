/**
 * Builds the control messages that Herbarium sends of its own accord (`kombu.pidbox`, `celery.app.control`).
 *
 * In: what to ask, and whom. Out: a {@link Broadcast}, byte for byte what Celery's own monitors send. Only commands that
 * change nothing about a task, and never a pattern or matcher: an `election` or an unknown matcher would kill or deafen
 * workers, so there is no way to build one here.
 */
import type { Broadcast } from '../brokers/broker.ts';
import { AppError } from '../errors.ts';

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

/** The questions there are, each with its arguments. They change nothing. */
export interface InspectArguments {
  ping: object;
  /** Process id and uptime. */
  stats: object;
  /** What runs; arguments as the reprs that came with the message, which may hide what the sender wanted hidden. */
  active: object;
  /** What was prefetched, is not started, and does not wait for an ETA. */
  reserved: object;
  /** What waits for its ETA. */
  scheduled: object;
  /** Ids of what will not be run, or was not. */
  revoked: object;
  /** Which of these it runs or holds; those that wait for an ETA are unknown to it. */
  query_task: { ids: readonly string[] };
}

export type InspectMethod = keyof InspectArguments;

export interface InspectOptions extends ControlOptions {
  /** Comes back with each reply. */
  ticket: string;
  /** Exchange and routing key that replies are sent to. */
  replyTo: { exchange: string; routingKey: string };
}

/** Asks workers something; each one answers by a reply of its own (see `inspect-reply.ts`). */
export function toInspectRequest<Method extends InspectMethod>(
  method: Method,
  args: InspectArguments[Method],
  options: InspectOptions,
): Broadcast {
  const { ticket, replyTo } = options;
  const reply = `"reply_to": {"exchange": ${toPythonString(replyTo.exchange)}, "routing_key": ${toPythonString(replyTo.routingKey)}}`;
  return toBroadcast(method, options, toArguments(method, args), `, "ticket": ${toPythonString(ticket)}, ${reply}`);
}

function toArguments(method: InspectMethod, args: object): string {
  if (method === 'active') return '{"safe": true}';
  if (method !== 'query_task') return '{}';
  const { ids } = args as InspectArguments['query_task'];
  return `{"ids": [${ids.map(toPythonString).join(', ')}]}`;
}

function toBroadcast(
  method: 'heartbeat' | 'enable_events' | InspectMethod,
  { clock, expires = 0, destination }: ControlOptions,
  args = '{}',
  reply = '',
): Broadcast {
  // Workers take an empty list for "everybody".
  if (destination?.length === 0) throw new AppError('bad_request', `No worker is named to send ${method} to.`);
  const names = destination ? `[${destination.map(toPythonString).join(', ')}]` : 'null';
  return {
    body: `{"method": "${method}", "arguments": ${args}, "destination": ${names}, "pattern": null, "matcher": null${reply}}`,
    headers: { clock, expires },
  };
}

/** As Python's json module writes it: ASCII alone. */
function toPythonString(text: string): string {
  const escapeUnit = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, escapeUnit);
}
