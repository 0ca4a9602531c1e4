import type { LiveEventBody, LiveMessage } from '../contract/live.ts';
import { toTaskBody } from '../query/task-body.ts';
import type { ShowTask } from '../query/shown-task.ts';
import type { LiveChange } from './changes.ts';

/** How many are sent to a page that begins to look, and at most at once. */
const mostEvents = 200;

/** The last events that were stored, for the pages that show them as they come. */
export class EventLog {
  /** Of all that came while somebody looked; the last one's number. */
  #last = 0;
  #recent: LiveEventBody[] = [];
  #unsent: LiveEventBody[] = [];

  /** `show`: how a task is to be seen. */
  add({ events, tasks }: LiveChange, show: ShowTask = (task) => task): void {
    if (events === undefined) return;
    this.#last += events.count;
    // Those that are not told of came before the others.
    let id = this.#last - events.last.length;
    const byId = new Map(tasks.map((task) => [task.uuid, task]));
    const told = events.last.map(({ type, at, hostname, uuid }): LiveEventBody => {
      const task = uuid === null ? undefined : byId.get(uuid);
      const shown = task && show(toTaskBody(task, []));
      const isTrouble = type === 'task-failed' || type === 'task-retried';
      const exception = (isTrouble && shown?.exception) || null;
      return { id: ++id, type, at, hostname, uuid, name: shown?.name ?? null, exception };
    });
    this.#recent = [...this.#recent, ...told].slice(-mostEvents);
    this.#unsent = [...this.#unsent, ...told].slice(-mostEvents);
  }

  get hasUnsent(): boolean {
    return this.#unsent.length > 0;
  }

  /** Those since the last call. */
  take(): Extract<LiveMessage, { topic: 'events' }> {
    const events = this.#unsent;
    this.#unsent = [];
    return { topic: 'events', events };
  }

  snapshot(): Extract<LiveMessage, { topic: 'events' }> {
    return { topic: 'events', events: this.#recent };
  }

  /** Nobody looks any more. */
  clear(): void {
    this.#recent = [];
    this.#unsent = [];
  }
}
