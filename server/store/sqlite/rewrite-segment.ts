import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { greatest } from '../../domain/fields.ts';
import type { Task } from '../../domain/task.ts';
import { boundsOf } from '../bounds.ts';
import { migrationsTable } from '../migrations.ts';
import { failure } from '../retention.ts';
import { taskColumns, toTask, type TaskRow } from '../task-row.ts';
import type { Database } from './database.ts';
import { IdFilter } from './id-filter.ts';
import { SegmentFile } from './segment-file.ts';

/** One segment to be written anew, with less in it. */
export interface RewriteJob {
  id: number;
  /** The file it is in, which is only read. */
  from: string;
  /** Where the new one goes, and its filter: whole, and on the disk, or not at all. */
  to: string;
  filter: string;
  onlyFailures: boolean;
  noEvents: boolean;
}

/** What has changed of the segment's record. */
export interface Left {
  tasks?: number;
  newest_timestamp?: number | null;
  newest_received?: number | null;
  oldest?: number | null;
}

const cacheKiB = 32 * 1024;
const eventTables = ['task_events', 'other_events'];

/**
 * Writes what is left of a segment into a new file. Of one whose events go that is copying whole tables; of one that
 * keeps its failures, writing these as new ones, with the text index.
 */
export function rewriteSegment(job: RewriteJob): Left {
  const path = `${job.to}.new`;
  rmSync(path, { force: true });
  const file = new SegmentFile(job.id, path, cacheKiB);
  let left: Left;
  try {
    file.db.prepare('ATTACH ? AS old').run(job.from);
    left = job.onlyFailures ? copyFailures(file, job) : copyTables(file.db);
    IdFilter.of(file.ids(), file.countTasks()).write(job.filter);
    file.db.exec('DETACH old');
  } finally {
    file.close();
  }
  sync(path);
  renameSync(path, job.to);
  return left;
}

/** As VACUUM does: into empty tables of the same form SQLite copies the rows as they are, and each index in its order. */
function copyTables(db: Database): Left {
  const stays = [migrationsTable, ...eventTables];
  const tables = db
    .prepare(
      `SELECT name FROM main.sqlite_master
       WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND sql NOT LIKE 'CREATE VIRTUAL%'`,
    )
    .all() as { name: string }[];
  db.pragma('synchronous = OFF');
  // Else the tables behind the text index are not to be written to.
  db.unsafeMode();
  db.transaction(() => {
    for (const { name } of tables.filter((table) => !stays.includes(table.name))) {
      // The text index has rows of its own from the start.
      db.exec(`DELETE FROM main.${name}; INSERT INTO main.${name} SELECT * FROM old.${name}`);
    }
  })();
  return {};
}

const perTransaction = 1000;

function copyFailures(file: SegmentFile, { noEvents }: RewriteJob): Left {
  const { db } = file;
  const columns = taskColumns.join(', ');
  const some = db.prepare(
    `SELECT id, ${columns} FROM old.tasks WHERE state = ? AND id > ? ORDER BY id LIMIT ${perTransaction}`,
  );
  const copyEvents = db.prepare(
    `INSERT INTO main.task_events (task_id, at, subject, sender_id, clock, data)
     SELECT ?, at, subject, sender_id, clock, data FROM old.task_events WHERE task_id = ?`,
  );
  if (!noEvents) db.exec('INSERT INTO main.senders SELECT * FROM old.senders');
  const left: Required<Left> = { tasks: 0, newest_timestamp: null, newest_received: null, oldest: null };
  let rows: TaskRow[];
  let last = 0;
  do {
    rows = some.all(failure, last) as TaskRow[];
    const tasks = rows.map(toTask);
    db.transaction(() => {
      for (const [i, row] of rows.entries()) {
        const id = file.insert(tasks[i]!);
        if (!noEvents) copyEvents.run(id, row.id);
        last = row.id;
      }
      file.finish();
    })();
    widen(left, tasks);
  } while (rows.length === perTransaction);
  db.exec('DELETE FROM main.senders WHERE id NOT IN (SELECT sender_id FROM main.task_events)');
  return left;
}

function widen(left: Required<Left>, tasks: readonly Task[]): void {
  const { newestTimestamp, newestReceived, oldest } = boundsOf(tasks);
  left.tasks += tasks.length;
  left.newest_timestamp = greatest(left.newest_timestamp, newestTimestamp);
  left.newest_received = greatest(left.newest_received, newestReceived);
  if (oldest !== null && (left.oldest === null || oldest < left.oldest)) left.oldest = oldest;
}

function sync(path: string): void {
  const file = openSync(path, 'r');
  fsyncSync(file);
  closeSync(file);
}
