import type { Statement } from 'better-sqlite3';
import type { NamedQueueDepth } from '../../contract/queues.ts';
import type { TaskTally } from '../../domain/task-tally.ts';
import type { Worker } from '../../domain/worker.ts';
import type { Reject } from '../../ingest/batch.ts';
import type { Gap } from '../../ingest/gaps.ts';
import { firstKeptMinute, toDepthRows } from '../queue-depths.ts';
import { keptCounters, toCounterRows } from '../task-counters.ts';
import { storableText } from '../task-row.ts';
import { foldLog, openForWriting, type Database } from './database.ts';
import { migrateFile } from './migrate.ts';

/** Rejected messages are kept for people to look at: the newest of them will do. */
const keptRejects = 1000;

export interface SegmentRecord {
  id: number;
  created_at: number;
  sealed_at: number | null;
  newest_timestamp: number | null;
  newest_received: number | null;
  oldest: number | null;
  tasks: number;
  schema: number;
  generation: number;
  only_failures: number;
  no_events: number;
}

/** The catalog, open for writing: prepared statements, no decisions. The caller owns the transaction. */
export class CatalogFile {
  readonly db: Database;
  readonly #statements: ReturnType<typeof prepare>;
  /** Names that are stored already. */
  readonly #names = new Set<string>();

  constructor(path: string) {
    this.db = openForWriting(path, 4096);
    migrateFile(this.db, 'sqlite-catalog');
    this.#statements = prepare(this.db);
    this.db.exec(keptCounters);
  }

  segments(): SegmentRecord[] {
    return this.#statements.segments.all() as SegmentRecord[];
  }

  saveSegment(segment: SegmentRecord): void {
    this.#statements.saveSegment.run(segment);
  }

  removeSegment(id: number): void {
    this.#statements.removeSegment.run(id);
  }

  worker(hostname: string): Worker | undefined {
    const row = this.#statements.worker.get(hostname) as { worker: string } | undefined;
    return row && (JSON.parse(row.worker) as Worker);
  }

  saveWorker(worker: Worker): void {
    this.#statements.saveWorker.run(worker.hostname, worker.lastSeen, JSON.stringify(worker));
  }

  addName(name: string): void {
    if (this.#names.has(name)) return;
    this.#statements.addName.run(name);
    this.#names.add(name);
  }

  saveGap(gap: Gap): void {
    this.#statements.saveGap.run(gap.broker, gap.from, gap.to, gap.why);
  }

  addReject(reject: Reject): void {
    const { at, broker, reason, routingKey, contentType, excerpt } = reject;
    const texts = [broker, reason, routingKey].map(storableText);
    const { lastInsertRowid } = this.#statements.addReject.run(at, ...texts, contentType, storableText(excerpt));
    this.#statements.trimRejects.run(Number(lastInsertRowid) - keptRejects);
  }

  /** Removes what is about times before this one: gaps, rejected messages, workers not heard since. */
  forgetBefore(time: number): void {
    this.#statements.forgetGaps.run(time);
    this.#statements.forgetRejects.run(time);
    this.#statements.forgetWorkers.run(time);
  }

  count(tallies: readonly TaskTally[]): void {
    for (const row of toCounterRows(tallies)) this.#statements.count.run(row);
  }

  saveQueueDepths(depths: readonly NamedQueueDepth[], keptS?: number): void {
    for (const row of toDepthRows(depths)) this.#statements.saveQueueDepth.run(...row);
    this.#statements.forgetQueueDepths.run(firstKeptMinute(depths, keptS));
  }

  fact(key: string): string | undefined {
    return (this.#statements.fact.get(key) as { value: string } | undefined)?.value;
  }

  saveFact(key: string, value: string): void {
    this.#statements.saveFact.run(key, value);
  }

  removeFact(key: string): void {
    this.#statements.removeFact.run(key);
  }

  /** After a rollback: what was learnt in the transaction is not so. */
  forget(): void {
    this.#names.clear();
  }

  close(): void {
    foldLog(this.db);
    this.db.close();
  }
}

function prepare(
  db: Database,
): Record<
  | 'segments'
  | 'saveSegment'
  | 'removeSegment'
  | 'worker'
  | 'saveWorker'
  | 'addName'
  | 'saveGap'
  | 'addReject'
  | 'trimRejects'
  | 'forgetGaps'
  | 'forgetRejects'
  | 'forgetWorkers'
  | 'count'
  | 'saveQueueDepth'
  | 'forgetQueueDepths'
  | 'fact'
  | 'saveFact'
  | 'removeFact',
  Statement<unknown[]>
> {
  return {
    segments: db.prepare('SELECT * FROM segments ORDER BY id'),
    saveSegment: db.prepare(
      `INSERT OR REPLACE INTO segments
         (id, created_at, sealed_at, newest_timestamp, newest_received, oldest, tasks, schema,
          generation, only_failures, no_events)
       VALUES (@id, @created_at, @sealed_at, @newest_timestamp, @newest_received, @oldest, @tasks, @schema,
          @generation, @only_failures, @no_events)`,
    ),
    removeSegment: db.prepare('DELETE FROM segments WHERE id = ?'),
    worker: db.prepare('SELECT worker FROM workers WHERE hostname = ?'),
    saveWorker: db.prepare('INSERT OR REPLACE INTO workers (hostname, last_seen, worker) VALUES (?, ?, ?)'),
    addName: db.prepare('INSERT OR IGNORE INTO task_names (name) VALUES (?)'),
    saveGap: db.prepare(
      `INSERT INTO gaps (broker, from_at, to_at, why) VALUES (?, ?, ?, ?)
       ON CONFLICT (broker, from_at) DO UPDATE SET to_at = excluded.to_at, why = excluded.why`,
    ),
    addReject: db.prepare(
      'INSERT INTO rejects (at, broker, reason, routing_key, content_type, excerpt) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    trimRejects: db.prepare('DELETE FROM rejects WHERE id <= ?'),
    forgetGaps: db.prepare('DELETE FROM gaps WHERE to_at < ?'),
    forgetRejects: db.prepare('DELETE FROM rejects WHERE at < ?'),
    forgetWorkers: db.prepare('DELETE FROM workers WHERE last_seen < ?'),
    count: db.prepare(
      `INSERT INTO task_counters (hostname, task, type, events) VALUES (@hostname, @task, @type, @events)
       ON CONFLICT (hostname, task, type) DO UPDATE SET events = events + excluded.events`,
    ),
    saveQueueDepth: db.prepare(
      'INSERT OR REPLACE INTO queue_depths (queue, minute, ready, unacked, consumers) VALUES (?, ?, ?, ?, ?)',
    ),
    forgetQueueDepths: db.prepare('DELETE FROM queue_depths WHERE minute < ?'),
    fact: db.prepare('SELECT value FROM facts WHERE key = ?'),
    saveFact: db.prepare('INSERT OR REPLACE INTO facts (key, value) VALUES (?, ?)'),
    removeFact: db.prepare('DELETE FROM facts WHERE key = ?'),
  };
}
