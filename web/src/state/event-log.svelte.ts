import type { LiveEventBody } from '../../../server/contract/live.ts';

/** A line of the log: an event, or how many came that are not shown; null: nobody knows. Ids are unique. */
export type LogRow =
  { kind: 'event'; id: string; event: LiveEventBody } | { kind: 'missed'; id: string; count: number | null };

/** More rows than anyone reads make the page slow. */
const mostRows = 500;

/** Events as they come, the newest first. While it is paused, what is shown stays, and what comes is counted. */
export class EventLog {
  rows: readonly LogRow[] = $state.raw([]);
  isPaused = $state(false);
  /** How many came since it was paused. */
  waiting = $state(0);
  #held: readonly LogRow[] = [];
  #last: number | null = null;
  /** How often the connection was lost: numbers are of one connection. */
  #breaks = 0;

  /** `events`: in the order in which they came, each with its number. */
  receive(events: readonly LiveEventBody[]): void {
    const rows: LogRow[] = [];
    for (const event of events) {
      if (this.#last !== null && event.id <= this.#last) continue;
      const missed = this.#last === null ? 0 : event.id - this.#last - 1;
      if (missed > 0) rows.push({ kind: 'missed', id: `${this.#breaks} before ${event.id}`, count: missed });
      rows.push({ kind: 'event', id: `${this.#breaks} ${event.id}`, event });
      this.#last = event.id;
    }
    this.#add(rows);
  }

  /** The connection was lost for a while: the server may have begun to count anew. */
  interrupt(): void {
    this.#last = null;
    this.#breaks += 1;
    if (this.rows.length > 0) this.#add([{ kind: 'missed', id: `break ${this.#breaks}`, count: null }]);
  }

  pause(): void {
    this.isPaused = true;
    this.waiting = 0;
    this.#held = [];
  }

  resume(): void {
    this.isPaused = false;
    this.rows = [...this.#held, ...this.rows].slice(0, mostRows);
    this.#held = [];
  }

  clear(): void {
    this.rows = [];
    this.#held = [];
    this.waiting = 0;
  }

  #add(oldestFirst: LogRow[]): void {
    const newestFirst = oldestFirst.reverse();
    if (this.isPaused) {
      this.waiting += newestFirst.filter(({ kind }) => kind === 'event').length;
      this.#held = [...newestFirst, ...this.#held].slice(0, mostRows);
    } else {
      this.rows = [...newestFirst, ...this.rows].slice(0, mostRows);
    }
  }
}
