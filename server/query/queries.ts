import type { CoverageBody } from '../contract/coverage.ts';
import type { StatusBody } from '../contract/status.ts';
import type { Query } from '../language/query.ts';
import type { TaskBody, TaskEventBody, TaskSortKey } from '../contract/tasks.ts';

/** Which tasks, in which order. Times are epoch seconds; bounds are inclusive; an absent filter does not filter. */
export interface TaskQuery {
  worker?: string;
  name?: string;
  state?: string;
  receivedFrom?: number;
  receivedTo?: number;
  startedFrom?: number;
  startedTo?: number;
  /** What else a task has to fit; its order counts where `sort` says none. */
  search?: Query;
  /** Without one: newest `timestamp` first. */
  sort?: { key: TaskSortKey; descending: boolean };
  offset: number;
  limit: number;
}

/** The questions about stored tasks that the HTTP room asks. */
export interface TaskQueries {
  /** Yields tasks in order, in chunks, so that a long answer never stands in memory as a whole. */
  list(query: TaskQuery, signal?: AbortSignal): AsyncIterable<TaskBody[]>;
  /** `undefined`: never seen. */
  find(uuid: string): Promise<TaskBody | undefined>;
  /** In order of timestamp, then of Celery's precedence; `undefined`: the task was never seen. */
  events(uuid: string): Promise<TaskEventBody[] | undefined>;
  /** `undefined`: the task was never seen. */
  workflow(uuid: string): Promise<Workflow | undefined>;
  /** Sorted. */
  types(): Promise<string[]>;
}

/** Tasks that belong together. */
export interface Workflow {
  /** The task that was asked about among them; of its ancestors those that are stored. Without their `children`. */
  tasks: TaskBody[];
  /** There are more. */
  cut: boolean;
}

export type StatusQuery = () => Promise<StatusBody>;

/** Epoch seconds; `step`: the length of a bucket in seconds, rounded up to whole minutes. */
export interface CoverageRange {
  from: number;
  to: number;
  step?: number;
}

/** Rejects with `bad_request` for a range that is none, or of more buckets than an answer may have. */
export type CoverageQuery = (range: CoverageRange) => Promise<CoverageBody>;
