import type { Statement } from 'better-sqlite3';
import type { TaskEvent } from '../../celery/event.ts';
import { toCount } from '../../domain/fields.ts';
import type { Task } from '../../domain/task.ts';
import { subjectCodes, toSlimData, toSubject, toSubjectCode } from '../event-row.ts';
import { storableText, type Value } from '../task-row.ts';
import type { Database } from './database.ts';
import type { Sender } from './senders.ts';

/** Events of one task that are to be stored, and the task's row. */
export interface TaskEvents {
  id?: number;
  /** As it is now, these events included. */
  after: Task;
  events: TaskEvent[];
}

/** An event takes 1.7 µs by itself, 1.2 in the order of its key, and 0.8 when so many of them are one statement. */
const rowsAtOnce = 16;
const columnCount = 6;

/** Events of a file that tell how it stores their subjects. */
const mostLookedAt = 1000;

/**
 * Writes rows of `task_events`, in the caller's transaction. In: events, those of one task after the other, tasks by their
 * ids. Out: each event again, with whether it is new; an event that was stored before is left as it is.
 */
export class TaskEventRows {
  readonly #statements: ReturnType<typeof prepare>;
  readonly #onWritten: (event: TaskEvent, sender: Sender, isNew: boolean) => void;
  /** Whether subjects are codes here; undefined: not looked yet. */
  #hasCodes: boolean | undefined;
  #values: Value[] = [];
  #events: TaskEvent[] = [];
  #senders: Sender[] = [];

  constructor(db: Database, onWritten: (event: TaskEvent, sender: Sender, isNew: boolean) => void) {
    this.#statements = prepare(db);
    this.#onWritten = onWritten;
  }

  add(taskId: number, event: TaskEvent, sender: Sender, task: Task): void {
    const subject = toSubject(event.type);
    const data = toSlimData(subject, event, task);
    const stored = this.#storesCodes() ? toSubjectCode(storableText(subject)) : storableText(subject);
    this.#values.push(taskId, event.timestamp, stored, sender.id, toCount(event.clock), data);
    this.#events.push(event);
    this.#senders.push(sender);
    if (this.#events.length === rowsAtOnce) this.#writeTogether();
  }

  /** Writes what was added and is not written yet. */
  write(): void {
    this.#writeSingly();
    this.forget();
  }

  forget(): void {
    this.#values = [];
    this.#events = [];
    this.#senders = [];
  }

  /** SQLite says how many were new, not which: when some were, and some not, they are written again one by one. */
  #writeTogether(): void {
    const { mark, addMany, undo, release } = this.#statements;
    mark.run();
    const { changes } = addMany.run(this.#values);
    const isMixed = changes > 0 && changes < rowsAtOnce;
    if (isMixed) undo.run();
    release.run();
    if (isMixed) this.#writeSingly();
    else for (let i = 0; i < rowsAtOnce; i++) this.#onWritten(this.#events[i]!, this.#senders[i]!, changes > 0);
    this.forget();
  }

  #storesCodes(): boolean {
    this.#hasCodes ??= this.#statements.someWord.get(...subjectCodes.keys()) === undefined;
    return this.#hasCodes;
  }

  #writeSingly(): void {
    for (const [i, event] of this.#events.entries()) {
      const values = this.#values.slice(i * columnCount, (i + 1) * columnCount);
      this.#onWritten(event, this.#senders[i]!, this.#statements.add.run(values).changes > 0);
    }
  }
}

function prepare(
  db: Database,
): Record<'add' | 'addMany' | 'someWord' | 'mark' | 'undo' | 'release', Statement<unknown[]>> {
  const words = Array.from(subjectCodes, () => '?').join(', ');
  const toAdd = (rows: number): Statement<unknown[]> =>
    db.prepare(
      `INSERT OR IGNORE INTO task_events (task_id, at, subject, sender_id, clock, data)
       VALUES ${new Array(rows).fill('(?, ?, ?, ?, ?, ?)').join(', ')}`,
    );
  return {
    add: toAdd(1),
    addMany: toAdd(rowsAtOnce),
    // Of the first events, mostly: hardly any has a subject that is neither a word nor a code.
    someWord: db.prepare(
      `SELECT 1 FROM (SELECT subject FROM task_events LIMIT ${mostLookedAt}) WHERE subject IN (${words})`,
    ),
    mark: db.prepare('SAVEPOINT task_events'),
    undo: db.prepare('ROLLBACK TO task_events'),
    release: db.prepare('RELEASE task_events'),
  };
}
