import type { SegmentColumns } from './columns.ts';
import type { TaskRow } from './task-row.ts';

/** Ids of rows, greatest first: from `from` on, and below where they were asked for, all there are. */
export interface IdChunk {
  ids: readonly number[];
  from: number;
}

/**
 * Ids of rows below `below`: `limit` of them, or what it takes no more to read. null: to go on is worth less than to look
 * at the rows.
 */
export type IdSource = (below: number, limit: number) => Promise<IdChunk | null>;

/** Of the first `limit` there are. */
export const toIdChunk = (ids: readonly number[], limit: number): IdChunk => ({
  ids,
  from: ids.length < limit ? -Infinity : ids.at(-1)!,
});

/** What a text is to hold: this, or one of these. */
export type SoughtText = string | readonly string[];

/** What candidates are for. */
export interface CandidateUse {
  /** No more of them are of use; infinite where all rows count. */
  most: number;
  stop: Stop;
}

export type RowColumn = Exclude<keyof TaskRow, 'id'>;
export type PartialRow = Pick<TaskRow, 'id'> & Partial<TaskRow>;

/** One segment from beside its data, for whoever goes through all of it. Rejects with `store_unavailable`. */
export interface SegmentData {
  /** Changes whenever something in the segment does; null: not known. */
  version(): Promise<number | string | null>;
  /** As they are now; a later call sees what was committed meanwhile. */
  columns(): Promise<SegmentColumns>;
  /** So many rows are read in little more time than one, as each question has a way to go; missing: one. */
  readonly rowsAtOnce?: number;
  /** Those of these rows that there are, in any order, with the columns asked for. */
  rows(ids: readonly number[], columns: readonly RowColumn[]): Promise<PartialRow[]>;
  /**
   * The indexed tasks whose text (`toSearchText`) has all of `terms` in it, upper or lower case, and a few more, so that
   * each row has to be looked at. null: the index cannot tell, of terms of fewer than two characters
   * (Postgres: also of two where no word has them, or of a writing with thousands of signs).
   */
  candidates(terms: readonly SoughtText[], use: CandidateUse): IdSource | null;
  /**
   * Tasks that the text index does not have, or not all of the text of; of those whose text does not have all of `terms`
   * in it perhaps fewer.
   */
  unindexed(terms: readonly SoughtText[]): IdSource;
  /** The tasks whose parent, another task, or root, perhaps the task itself, is exactly this. In no order. */
  related(field: 'parent' | 'root', id: string): Promise<number[]>;
}

/** What a reader thread reads from. */
export interface SegmentPlaces {
  /** Rows of a SQLite file, at once. */
  readRows(file: string, sql: string, parameters: readonly unknown[]): unknown[];
  /** The place stays open until `body` is done. */
  use<T>(place: string, body: (data: SegmentData) => Promise<T>): Promise<T>;
  /** The place is gone, or will be in a moment: it is closed as soon as nobody reads from it. */
  forget?(place: string): void;
  close(): void | Promise<void>;
}

/** How long a question may take, and whether it is still of interest: as the thread sees it that answers. */
export interface Stop {
  /** On the clock of `performance.now()` of this thread. */
  readonly deadlineMs: number;
  isCancelled(): boolean;
}

/** Answers a question about a segment beside its data. Question and answer are what a message between threads can hold. */
export type AnswerQuestion = (data: SegmentData, question: unknown, stop: Stop) => Promise<unknown>;

/** The same as whoever asks says it: `deadlineMs` is on the asker's clock. */
export interface AskLimits {
  deadlineMs: number;
  signal?: AbortSignal;
}
