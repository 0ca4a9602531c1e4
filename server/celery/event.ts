/** One event as its sender made it (Celery's `celery.events`); the fields that every event has were checked. */
export interface CeleryEvent {
  /** `<group>-<subject>`; a type without a dash is its own group. */
  readonly type: string;
  /** Node name of the sender: a worker, or `gen<pid>@<host>` for a client. */
  readonly hostname: string;
  /** Epoch seconds by the sender's clock. */
  readonly timestamp: number;
  /** Lamport clock; null for events sent blind. */
  readonly clock: number | null;
  readonly pid?: number | null;
  /** Whole hours west of UTC. `timestamp` is real Unix time already: this is kept, never applied. */
  readonly utcoffset?: number | null;
  /** The task's id: always there on events of group `task`. */
  readonly uuid?: string;
  readonly [field: string]: unknown;
}

/** An event of group `task`. */
export type TaskEvent = CeleryEvent & { readonly uuid: string };

export function isTaskEvent(event: CeleryEvent): event is TaskEvent {
  return event.type.startsWith('task-');
}

export function isWorkerEvent(event: CeleryEvent): boolean {
  return event.type.startsWith('worker-');
}
