/**
 * Builds the control messages that Herbarium sends of its own accord (`kombu.pidbox`, `celery.app.control`).
 *
 * In: the two numbers of the headers, and for whom. Out: a {@link Broadcast}, byte for byte what Celery's own monitors
 * send; no reply is asked for. Only commands without arguments, and never a pattern or matcher: an `election` or an
 * unknown matcher would kill or deafen workers, so there is no way to build one here.
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

function toBroadcast(
  method: 'heartbeat' | 'enable_events',
  { clock, expires = 0, destination }: ControlOptions,
): Broadcast {
  // Workers take an empty list for "everybody".
  if (destination?.length === 0) throw new AppError('bad_request', `No worker is named to send ${method} to.`);
  const names = destination ? `[${destination.map(toPythonString).join(', ')}]` : 'null';
  return {
    body: `{"method": "${method}", "arguments": {}, "destination": ${names}, "pattern": null, "matcher": null}`,
    headers: { clock, expires },
  };
}

/** As Python's json module writes it: ASCII alone. */
function toPythonString(text: string): string {
  const escapeUnit = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, escapeUnit);
}
