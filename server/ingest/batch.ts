import type { CeleryEvent, TaskEvent } from '../celery/event.ts';
import type { TaskTally } from '../domain/task-tally.ts';
import type { Task } from '../domain/task.ts';
import type { Worker } from '../domain/worker.ts';
import { AppError } from '../errors.ts';

/** A message that could not be read, kept so that a person can see why. */
export interface Reject {
  /** Epoch seconds. */
  at: number;
  broker: string;
  reason: string;
  routingKey: string;
  contentType: string | null;
  /** The start of the message, as text. */
  excerpt: string;
}

/** What is committed together: some 0.5 s of events, already added up per task and per worker. */
export interface Batch {
  /** By uuid: what this batch's events say of the task. The store joins it with what it has (`mergeTasks`). */
  tasks: Map<string, Task>;
  taskEvents: TaskEvent[];
  /** Events of workers, and custom events that belong to no task. */
  otherEvents: CeleryEvent[];
  /** By hostname, as `tasks`. */
  workers: Map<string, Worker>;
  rejects: Reject[];
}

/** What a commit changed: published to live pages. */
export interface Committed {
  /** As they are now, joined with what was stored before. */
  tasks: Task[];
  workers: Worker[];
  /** Events that were new; an event that comes twice is stored, and counted, once. */
  newEvents: number;
  /** By hostname, then event type: how many of the new events. */
  counts: Map<string, Map<string, number>>;
  /** What is new of tasks, by sender and name; a pair of both may come more than once. */
  tallies: TaskTally[];
}

/** Where batches go. Implemented by the store of each engine. */
export interface BatchSink {
  /**
   * One transaction as seen from outside: settles when the batch is on disk; may be called again with the same batch.
   * An error for which {@link isPoison} holds means that some row can never be stored; any other, that it is worth
   * trying again.
   */
  write(batch: Batch): Promise<Committed>;
}

/** SQLite's codes for "this row does not fit", by how they begin. */
const poisonSqliteCodes = /^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG|RANGE)/;
/** SQLSTATE classes 22 (data exception) and 23 (integrity constraint), and 54000 (a row, or its index entry, too large). */
const poisonSqlStates = /^(22...|23...|54000)$/;

/**
 * Is it the content of the batch, not the state of the store, that made a commit fail? Then the same batch fails for
 * ever, and the row that does it must be found and put aside. TypeError and RangeError are what drivers throw for a
 * value they cannot bind.
 */
export function isPoison(error: unknown): boolean {
  if (error instanceof AppError) return error.code === 'bad_request' || error.code === 'too_large';
  if (error instanceof TypeError || error instanceof RangeError) return true;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && (poisonSqliteCodes.test(code) || poisonSqlStates.test(code));
}
