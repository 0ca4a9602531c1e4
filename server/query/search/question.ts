/** What is asked of one segment, and what it answers: messages between the thread that merges and those that search. */
import type { FacetField } from '../../contract/search.ts';
import type { Condition } from '../../language/query.ts';
import type { CodeColumn } from '../../store/columns.ts';
import type { SearchSort } from '../search.ts';
import type { RuntimeBins } from './runtime-bins.ts';

/** Which tasks. Both have to hold. */
export interface Filter {
  where: Condition | null;
  /** Values of columns that have to be exactly these, upper and lower case too. */
  exact: readonly { column: CodeColumn; value: string }[];
}

/** A place in the order of one segment. Ids that are infinite stand for segments before and after this one. */
export interface SegmentPosition {
  value: string | number | null;
  id: number;
}

export type Question = Filter &
  (
    | {
        kind: 'rows';
        sort: SearchSort;
        /** Rows before a place, the nearest first, instead of rows after it. */
        backward: boolean;
        /** Rows beyond this place only. */
        beyond: SegmentPosition | null;
        /** No row beyond this place is of interest. */
        until: SegmentPosition | null;
        limit: number;
      }
    | { kind: 'count' }
    | { kind: 'facets'; fields: readonly FacetField[] }
    | { kind: 'histogram'; from: number; to: number; step: number }
    | { kind: 'runtimes'; from: number; to: number; step: number }
    | { kind: 'explain' }
  );

export type QuestionOf<Kind extends Question['kind']> = Extract<Question, { kind: Kind }>;

/** `partial`: the time ran out before everything was looked at. */
export interface RowsAnswer {
  /** In order; values of the sort column, and ids. */
  values: (string | number | null)[];
  ids: number[];
  partial: boolean;
}

export interface CountAnswer {
  tasks: number;
  partial: boolean;
}

export interface FacetsAnswer {
  facets: Partial<Record<FacetField, Map<string, number>>>;
  tasks: number;
  partial: boolean;
}

export interface HistogramAnswer {
  /** By bucket, then state; buckets without a task are left out. */
  buckets: Map<number, Map<string, number>>;
  partial: boolean;
}

export interface RuntimesAnswer {
  /** By bucket; those without a run time are left out. */
  buckets: Map<number, RuntimeBins>;
  partial: boolean;
}

export interface ExplainAnswer {
  tasks: number;
  steps: string[];
}

export interface Answers {
  rows: RowsAnswer;
  count: CountAnswer;
  facets: FacetsAnswer;
  histogram: HistogramAnswer;
  runtimes: RuntimesAnswer;
  explain: ExplainAnswer;
}
