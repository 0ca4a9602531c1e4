import type { Statement } from 'better-sqlite3';
import type { CeleryEvent, TaskEvent } from '../../celery/event.ts';
import { toCoverageNotes } from '../../domain/coverage.ts';
import { toCount } from '../../domain/fields.ts';
import type { Task } from '../../domain/task.ts';
import type { Committed } from '../../ingest/batch.ts';
import { CoverageTally } from '../coverage-tally.ts';
import { fromSubjectCode, toFullFields, toOtherData, toSlimData } from '../event-row.ts';
import { indexedAfter, toSearchText } from '../search-text.ts';
import { storableText, taskColumns, toTask, toTaskValues, type TaskRow } from '../task-row.ts';
import { ColumnFile } from './column-file.ts';
import { foldLog, openForWriting, type Database } from './database.ts';
import { migrateFile } from './migrate.ts';
import { Senders, type Sender } from './senders.ts';
import { TaskEventRows, type TaskEvents } from './task-event-rows.ts';
import { TextIndex } from './text-index.ts';

export interface StoredTask {
  id: number;
  task: Task;
}

/** One segment, open for writing: prepared statements, no decisions. The caller owns the transaction. */
export class SegmentFile {
  readonly db: Database;
  readonly text: TextIndex;
  readonly columns: ColumnFile;
  readonly #statements: ReturnType<typeof prepare>;
  readonly #senders: Senders;
  readonly #eventRows: TaskEventRows;
  readonly #coverage = new CoverageTally();
  /** Of the events that are written now, those that were stored before. */
  #known = new Set<TaskEvent>();

  constructor(
    readonly id: number,
    path: string,
    cacheKiB: number,
  ) {
    this.db = openForWriting(path, cacheKiB);
    migrateFile(this.db, 'sqlite-segment');
    this.#statements = prepare(this.db);
    this.text = new TextIndex(this.db);
    this.columns = new ColumnFile(this.db);
    this.#senders = new Senders(this.db);
    this.#eventRows = new TaskEventRows(this.db, (event, sender, isNew) => {
      if (isNew) this.#count(event, sender);
      else this.#known.add(event);
    });
  }

  /** Rows are never deleted one by one, so the newest id is their number. */
  countTasks(): number {
    return (this.#statements.countTasks.get() as { tasks: number | null }).tasks ?? 0;
  }

  *ids(): Iterable<Uint8Array> {
    for (const row of this.#statements.ids.iterate()) yield (row as { uuid: Buffer }).uuid;
  }

  find(key: Buffer): StoredTask | undefined {
    const row = this.#statements.find.get(key) as TaskRow | undefined;
    return row && { id: row.id, task: toTask(row) };
  }

  insert(task: Task): number {
    const indexed = indexedAfter(undefined, task);
    const id = Number(this.#statements.insert.run([...toTaskValues(task), indexed]).lastInsertRowid);
    if (indexed === 1) this.text.add(id, toSearchText(task));
    this.columns.note({ id, after: task });
    return id;
  }

  update(id: number, before: Task, after: Task): void {
    const indexed = indexedAfter(before, after);
    const values = toTaskValues(after);
    if (isElsewhere(before, after)) this.#statements.update.run([...values, indexed, id]);
    else this.#statements.advance.run([...advancing.map((column) => values[column]!), indexed, id]);
    if (indexed === 1) this.text.add(id, toSearchText(after));
    this.columns.note({ id, before, after });
  }

  /**
   * Adds events of tasks, which come by their ids.
   * @returns those that were stored before
   */
  addTaskEvents(tasks: Iterable<TaskEvents>): ReadonlySet<TaskEvent> {
    this.#known = new Set();
    for (const { id, after, events } of tasks) {
      for (const event of events) this.#eventRows.add(id!, event, this.#senders.of(event), after);
    }
    this.#eventRows.write();
    return this.#known;
  }

  /** The task's row is about to change from `before` to `after`: events keep what only the old row said. */
  rewriteEvents(taskId: number, before: Task, after: Task): void {
    const rows = this.#statements.taskEvents.all(taskId) as StoredEvent[];
    for (const row of rows) {
      const subject = fromSubjectCode(row.subject);
      const data = toSlimData(subject, toFullFields(subject, row.data, before), after);
      if (data !== row.data) this.#statements.setEventData.run(data, taskId, row.at, row.subject, row.sender_id);
    }
  }

  /** False: this event was stored before. */
  addOtherEvent(event: CeleryEvent): boolean {
    const sender = this.#senders.of(event);
    const { changes } = this.#statements.addOtherEvent.run(
      sender.id,
      event.timestamp,
      storableText(event.type),
      toCount(event.clock) ?? 0,
      toOtherData(event),
    );
    if (changes > 0) this.#count(event, sender);
    return changes > 0;
  }

  /**
   * Ends the transaction's work: counters, coverage, columns, and the text index, which is quick only in the order of ids.
   * @returns how many events were new
   */
  finish(): Committed['counts'] {
    this.text.write();
    this.columns.write();
    const counts = this.#senders.takeCounts();
    for (const [hostname, byType] of counts) {
      for (const [type, events] of byType) {
        this.#statements.count.run(storableText(hostname), storableText(type), events);
      }
    }
    for (const { senderId, minute, started, processed } of this.#coverage.rows()) {
      this.#statements.cover.run(senderId, minute, started, processed);
    }
    this.#coverage.clear();
    return counts;
  }

  /** After a rollback: what was learnt in the transaction is not so. */
  forget(): void {
    this.#senders.forget();
    this.#eventRows.forget();
    this.text.forget();
    this.columns.forget();
    this.#coverage.clear();
  }

  /** Between transactions: what is in memory of it, page cache and all, which can be some 20 MB, is read again when needed. */
  holdLess(cacheKiB: number): void {
    this.forget();
    this.db.pragma(`cache_size = -${cacheKiB}`);
    this.db.pragma('shrink_memory');
  }

  close(): void {
    foldLog(this.db);
    this.db.close();
  }

  /** Closes a file that is going to be removed: to fold its log would hold up the writer for the sync of a disk. */
  discard(): void {
    this.db.close();
  }

  #count(event: CeleryEvent, sender: Sender): void {
    this.#senders.count(sender, event.type);
    for (const note of toCoverageNotes(event)) this.#coverage.add(sender.id, note);
  }
}

/**
 * Columns with indexes that hardly ever change once the task was received: SQLite writes every index anew of which a
 * column is set, whether it changes or not.
 */
const places: ReadonlySet<string> = new Set(['uuid', 'received', 'root_id', 'parent_id']);

/** The other columns, by their places in {@link taskColumns}. */
const advancing = taskColumns.flatMap((column, i) => (places.has(column) ? [] : [i]));

function isElsewhere(before: Task, after: Task): boolean {
  return before.received !== after.received || before.rootId !== after.rootId || before.parentId !== after.parentId;
}

interface StoredEvent {
  subject: string;
  at: number;
  sender_id: number;
  data: string | null;
}

function prepare(
  db: Database,
): Record<
  | 'countTasks'
  | 'ids'
  | 'find'
  | 'insert'
  | 'update'
  | 'advance'
  | 'taskEvents'
  | 'setEventData'
  | 'addOtherEvent'
  | 'count'
  | 'cover',
  Statement<unknown[]>
> {
  const columns = taskColumns.join(', ');
  const marks = taskColumns.map(() => '?').join(', ');
  const toUpdate = (updated: readonly string[]): Statement<unknown[]> =>
    db.prepare(
      `UPDATE tasks SET ${updated.map((column) => `${column} = ?`).join(', ')}, indexed = coalesce(?, indexed) WHERE id = ?`,
    );
  return {
    countTasks: db.prepare('SELECT max(id) AS tasks FROM tasks'),
    ids: db.prepare('SELECT uuid FROM tasks'),
    find: db.prepare(`SELECT id, ${columns} FROM tasks WHERE uuid = ?`),
    insert: db.prepare(`INSERT INTO tasks (${columns}, indexed) VALUES (${marks}, ?)`),
    update: toUpdate(taskColumns),
    advance: toUpdate(advancing.map((column) => taskColumns[column]!)),
    taskEvents: db.prepare('SELECT subject, at, sender_id, data FROM task_events WHERE task_id = ?'),
    setEventData: db.prepare(
      'UPDATE task_events SET data = ? WHERE task_id = ? AND at = ? AND subject = ? AND sender_id = ?',
    ),
    addOtherEvent: db.prepare(
      'INSERT OR IGNORE INTO other_events (sender_id, at, type, clock, data) VALUES (?, ?, ?, ?, ?)',
    ),
    count: db.prepare(
      `INSERT INTO counters (hostname, type, events) VALUES (?, ?, ?)
       ON CONFLICT (hostname, type) DO UPDATE SET events = events + excluded.events`,
    ),
    cover: db.prepare(
      `INSERT INTO coverage (sender_id, minute, started, processed) VALUES (?, ?, ?, ?)
       ON CONFLICT (sender_id, minute) DO UPDATE SET started = started + excluded.started,
         processed = coalesce(max(processed, excluded.processed), processed, excluded.processed)`,
    ),
  };
}
