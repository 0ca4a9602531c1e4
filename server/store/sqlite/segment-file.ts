import type { Statement } from 'better-sqlite3';
import type { CeleryEvent, TaskEvent } from '../../celery/event.ts';
import { toCoverageNotes } from '../../domain/coverage.ts';
import { toCount } from '../../domain/fields.ts';
import type { Task } from '../../domain/task.ts';
import type { Committed } from '../../ingest/batch.ts';
import { addCount } from '../counts.ts';
import { CoverageTally } from '../coverage-tally.ts';
import {
  fromSubjectCode,
  subjectCodes,
  toFullFields,
  toOtherData,
  toSlimData,
  toSubject,
  toSubjectCode,
} from '../event-row.ts';
import { indexedAfter, toSearchText } from '../search-text.ts';
import { storableText, taskColumns, toTask, toTaskValues, type TaskRow } from '../task-row.ts';
import { ColumnFile } from './column-file.ts';
import { foldLog, openForWriting, type Database } from './database.ts';
import { migrateFile } from './migrate.ts';
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
  /** Ids of senders by host name and pid. */
  readonly #senders = new Map<string, number>();
  /** New events of the transaction under way. */
  readonly #counts: Committed['counts'] = new Map();
  readonly #coverage = new CoverageTally();
  /** Whether subjects of events are codes here; undefined: not looked yet. */
  #hasCodes: boolean | undefined;

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

  /** False: this event was stored before. */
  addTaskEvent(taskId: number, event: TaskEvent, task: Task): boolean {
    const subject = toSubject(event.type);
    const data = toSlimData(subject, event, task);
    const senderId = this.#senderId(event);
    const { changes } = this.#statements.addTaskEvent.run(
      taskId,
      event.timestamp,
      this.#storesCodes() ? toSubjectCode(storableText(subject)) : storableText(subject),
      senderId,
      toCount(event.clock),
      data,
    );
    return this.#counted(event, senderId, changes);
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

  addOtherEvent(event: CeleryEvent): boolean {
    const senderId = this.#senderId(event);
    const { changes } = this.#statements.addOtherEvent.run(
      senderId,
      event.timestamp,
      storableText(event.type),
      toCount(event.clock) ?? 0,
      toOtherData(event),
    );
    return this.#counted(event, senderId, changes);
  }

  /** Ends the transaction's work: counters, coverage, columns, and the text index, which is quick only in the order of ids. */
  finish(): void {
    this.text.write();
    this.columns.write();
    for (const [hostname, byType] of this.#counts) {
      for (const [type, events] of byType) {
        this.#statements.count.run(storableText(hostname), storableText(type), events);
      }
    }
    for (const { senderId, minute, started, processed } of this.#coverage.rows()) {
      this.#statements.cover.run(senderId, minute, started, processed);
    }
    this.#counts.clear();
    this.#coverage.clear();
  }

  /** After a rollback: what was learnt in the transaction is not so. */
  forget(): void {
    this.#senders.clear();
    this.#counts.clear();
    this.text.forget();
    this.columns.forget();
    this.#coverage.clear();
  }

  close(): void {
    foldLog(this.db);
    this.db.close();
  }

  #counted(event: CeleryEvent, senderId: number, changes: number): boolean {
    if (changes === 0) return false;
    addCount(this.#counts, event.hostname, event.type);
    for (const note of toCoverageNotes(event)) this.#coverage.add(senderId, note);
    return true;
  }

  #storesCodes(): boolean {
    this.#hasCodes ??= this.#statements.someWord.get(...subjectCodes.keys()) === undefined;
    return this.#hasCodes;
  }

  #senderId(event: CeleryEvent): number {
    const pid = toCount(event.pid) ?? 0;
    const key = `${pid} ${event.hostname}`;
    const known = this.#senders.get(key);
    if (known !== undefined) return known;
    const hostname = storableText(event.hostname);
    this.#statements.addSender.run(hostname, pid);
    const { id } = this.#statements.sender.get(hostname, pid) as { id: number };
    if (this.#senders.size >= maxKnownSenders) this.#senders.clear();
    this.#senders.set(key, id);
    return id;
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

/** Pool processes come and go: a bound, not a limit. */
const maxKnownSenders = 10_000;

/** Events of a file that tell how it stores their subjects. */
const mostLookedAt = 1000;

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
  | 'addTaskEvent'
  | 'taskEvents'
  | 'someWord'
  | 'setEventData'
  | 'addOtherEvent'
  | 'count'
  | 'cover'
  | 'addSender'
  | 'sender',
  Statement<unknown[]>
> {
  const columns = taskColumns.join(', ');
  const words = Array.from(subjectCodes, () => '?').join(', ');
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
    addTaskEvent: db.prepare(
      'INSERT OR IGNORE INTO task_events (task_id, at, subject, sender_id, clock, data) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    taskEvents: db.prepare('SELECT subject, at, sender_id, data FROM task_events WHERE task_id = ?'),
    // Of the first events, mostly: hardly any has a subject that is neither a word nor a code.
    someWord: db.prepare(
      `SELECT 1 FROM (SELECT subject FROM task_events LIMIT ${mostLookedAt}) WHERE subject IN (${words})`,
    ),
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
    addSender: db.prepare('INSERT OR IGNORE INTO senders (hostname, pid) VALUES (?, ?)'),
    sender: db.prepare('SELECT id FROM senders WHERE hostname = ? AND pid = ?'),
  };
}
