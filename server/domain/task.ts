/** A task is what its events add up to. Times are epoch seconds by the senders' clocks; null: no such event was seen. */
export interface Task {
  readonly uuid: string;
  name: string | null;
  /** A state of Celery's, or the subject of a custom event in upper case. */
  state: string;
  /** When the event that decided `state` was made. */
  timestamp: number;
  /** The latest event of each subject. */
  sent: number | null;
  received: number | null;
  started: number | null;
  succeeded: number | null;
  failed: number | null;
  retried: number | null;
  revoked: number | null;
  rejected: number | null;
  /** The latest custom state and its time. */
  customState: string | null;
  customAt: number | null;
  args: string | null;
  kwargs: string | null;
  /** ISO 8601, as sent. */
  eta: string | null;
  expires: string | null;
  retries: number | null;
  result: string | null;
  /** Seconds. */
  runtime: number | null;
  exception: string | null;
  traceback: string | null;
  queue: string | null;
  exchange: string | null;
  routingKey: string | null;
  /** Who sent it. */
  client: string | null;
  /** Who runs, or ran, it. */
  worker: string | null;
  clock: number;
  rootId: string | null;
  parentId: string | null;
}
