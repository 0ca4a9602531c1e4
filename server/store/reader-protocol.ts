import type { ErrorCode } from '../contract/errors.ts';

/** What the main thread and a reader thread say to each other: one question at a time, one answer each. */
export type ReadRequest = RowsRequest | AskRequest;

/** SQL for a SQLite file. */
export interface RowsRequest {
  id: number;
  kind: 'rows';
  file: string;
  sql: string;
  parameters: readonly unknown[];
}

/** A question to be answered beside a segment's data. */
export interface AskRequest {
  id: number;
  kind: 'ask';
  /** A SQLite file, or the URL of a database. */
  place: string;
  question: unknown;
  /** What was left of the time for it, at `sentAtMs` (epoch): the threads' clocks begin at different moments. */
  remainingMs: number;
  sentAtMs: number;
  /** Not 0: nobody waits for the answer any more. */
  cancelled: Int32Array;
}

/** The file is gone, or will be: it is to be closed. There is no answer. */
export interface ForgetRequest {
  kind: 'forget';
  file: string;
}

export type ReadResponse =
  { id: number; rows: unknown[] } | { id: number; answer: unknown } | { id: number; error: string; code?: ErrorCode };
