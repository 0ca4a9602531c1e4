import type { CeleryEvent } from '../../celery/event.ts';
import { toCount } from '../../domain/fields.ts';
import { toSubject } from '../event-row.ts';
import { storableText } from '../task-row.ts';

/** A row and the segment, a partition, that it is in. */
export type Placed<Row> = Row & { segment_id: number };

export const pidOf = (event: CeleryEvent): number => toCount(event.pid) ?? 0;

/** What tells an event of a task from its others. */
export type EventKey = Placed<{ task_id: number; subject: string; sender_id: number; at: number }>;

export function toKey({ segment_id, task_id, subject, sender_id, at }: EventKey): string {
  return `${segment_id} ${task_id} ${sender_id} ${at} ${subject}`;
}

/** The senders of a batch, by segment, host name and pid. */
export class Senders {
  readonly #ids = new Map<string, number>();
  readonly #hostnames = new Map<string, string>();

  constructor(rows: Placed<{ id: number; hostname: string; pid: number }>[]) {
    for (const { segment_id, id, hostname, pid } of rows) {
      this.#ids.set(Senders.key(segment_id, hostname, pid), id);
      this.#hostnames.set(`${segment_id} ${id}`, hostname);
    }
  }

  static key(segmentId: number, hostname: string, pid: number): string {
    return `${segmentId} ${pid} ${storableText(hostname)}`;
  }

  idOf(segmentId: number, event: CeleryEvent): number {
    return this.#ids.get(Senders.key(segmentId, event.hostname, pidOf(event)))!;
  }

  /** All of the key but the task, which only its row tells. */
  keyOf(segmentId: number, event: CeleryEvent): Omit<EventKey, 'task_id'> {
    const subject = storableText(toSubject(event.type));
    return { segment_id: segmentId, subject, sender_id: this.idOf(segmentId, event), at: event.timestamp };
  }

  hostnameOf(segmentId: number, id: number): string {
    return this.#hostnames.get(`${segmentId} ${id}`)!;
  }
}
