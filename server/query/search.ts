import type { FacetField, RuntimeQuantilesBody, TotalBody } from '../contract/search.ts';
import type { TaskBody } from '../contract/tasks.ts';
import type { Condition, SortKey } from '../language/query.ts';
import type { CodeColumn } from '../store/columns.ts';

/** Flower's API sorts by `timestamp`, when a task was last heard of; the search language does not. */
export interface SearchSort {
  key: SortKey | 'timestamp';
  descending: boolean;
}

/** How long a question may take, and whether whoever asked is still there. */
export interface Budget {
  /** On the clock of `performance.now()`. What is known by then is answered, as partial. */
  deadlineMs: number;
  /** Aborted: the question rejects with `cancelled`, and its work ends. */
  signal?: AbortSignal;
}

/**
 * A place in an order, between two tasks: sort value, segment and row id of the task beside it. Null sort values come
 * last, in both directions; equal ones with the newest row first (segment, then id, descending), in both directions too.
 */
export interface Position {
  value: string | number | null;
  segment: number;
  id: number;
}

export interface PageRequest {
  where: Condition | null;
  /** Values of columns that have to be exactly these, upper and lower case too, as Flower's API filters. */
  exact?: readonly { column: CodeColumn; value: string }[];
  sort: SearchSort;
  limit: number;
  /** The page after, or before, this place; neither: the first page. */
  after?: Position;
  before?: Position;
  /** Tasks to leave out first, as Flower's API asks for; a cursor is quicker. */
  offset?: number;
}

export interface Page {
  tasks: TaskBody[];
  /** Of the first and the last task; null on an empty page. */
  first: Position | null;
  last: Position | null;
  /** Whether there are tasks after the last, and before the first. */
  more: { after: boolean; before: boolean };
  partial: boolean;
}

/** Tasks by value of a field, most frequent first, at most `limit` each; null values are not listed. */
export interface Facets {
  facets: Record<FacetField, { value: string; tasks: number }[]>;
  total: TotalBody;
  partial: boolean;
}

export interface Histogram {
  /** By bucket from `from` on: tasks by state. */
  buckets: Map<string, number>[];
  partial: boolean;
}

/** Epoch seconds and seconds. */
export interface BucketRange {
  from: number;
  to: number;
  step: number;
}

export interface Runtimes {
  /** By bucket from `from` on. */
  buckets: RuntimeQuantilesBody[];
  whole: RuntimeQuantilesBody;
  partial: boolean;
}

/** How a question is answered, for people who wonder why it is slow. */
export interface Explanation {
  segments: {
    id: number;
    /** Not opened, for nothing in it can fit. */
    skipped: boolean;
    tasks: number;
    /** What narrows the rows down, cheapest first, such as `text index: 120 candidates`, `column state`. */
    steps: string[];
  }[];
}

/** Questions over all stored tasks. One body for both engines. Rejects with `bad_request`, `cancelled`, `store_unavailable`. */
export interface SearchQueries {
  page(request: PageRequest, budget: Budget): Promise<Page>;
  /** `relation` is `gte` where the budget ran out. */
  count(where: Condition | null, budget: Budget): Promise<TotalBody>;
  facets(where: Condition | null, fields: readonly FacetField[], limit: number, budget: Budget): Promise<Facets>;
  histogram(where: Condition | null, range: BucketRange, budget: Budget): Promise<Histogram>;
  runtimes(where: Condition | null, range: BucketRange, budget: Budget): Promise<Runtimes>;
  /** Every task that fits, in order, in chunks, in constant memory; ends early when aborted. */
  stream(where: Condition | null, sort: SearchSort, signal?: AbortSignal): AsyncIterable<TaskBody[]>;
  explain(request: PageRequest): Promise<Explanation>;
}
