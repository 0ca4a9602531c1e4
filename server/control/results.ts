/**
 * In: ids of tasks. Out: what the result backend keeps of them, now or as soon as they have ended. Whichever backend it
 * is, it is asked as Celery's own client would ask it; the one thing it is told is that a task is to be aborted.
 */
import type { KeptResult } from '../celery/task-result.ts';

export type { KeptResult, TaskResult } from '../celery/task-result.ts';

export interface ResultReader {
  /**
   * By id; a task of which nothing is kept is not in it.
   * @throws {AppError} `store_unavailable`
   */
  read(uuids: readonly string[]): Promise<Map<string, KeptResult>>;
}

export interface ResultBackend extends ResultReader {
  /**
   * What is kept once the task has ended, or when `signal` says that it must do.
   * @throws {AppError} `store_unavailable`
   */
  wait(uuid: string, signal: AbortSignal): Promise<KeptResult | null>;
  /** Writes the state that an `AbortableTask` looks for. @throws {AppError} `store_unavailable`, `not_supported` */
  abort(uuid: string): Promise<void>;
  /** To be done before a task is sent whose result is wanted; its `reply_to`. null: any will do. */
  prepare(): Promise<string | null>;
  /** Whether it tells of tasks that others sent. */
  readonly tellsOfAll: boolean;
  close(): Promise<void>;
}

/** By Celery's rule (`READY_STATES`): an aborted task has not ended, it is asked to. */
export function isReady({ status }: Pick<KeptResult, 'status'>): boolean {
  return status === 'SUCCESS' || status === 'FAILURE' || status === 'REVOKED';
}
