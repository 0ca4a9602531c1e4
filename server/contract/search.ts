import type { SortKey } from '../language/query.ts';
import type { TaskBody } from './tasks.ts';

/** How many tasks fit: exactly, or at least so many. */
export interface TotalBody {
  value: number;
  relation: 'eq' | 'gte';
}

/** A stretch of time in which events may have been missed. Epoch seconds; `to` null: it lasts. */
export interface SearchGapBody {
  from: number;
  to: number | null;
  broker: string;
  why: string;
}

/** `GET /api/search` */
export interface SearchBody {
  tasks: TaskBody[];
  total: TotalBody;
  /** Cursors of the pages after and before this one; null: there is none. Opaque. */
  next: string | null;
  prev: string | null;
  /** The query in its canonical form, and the order in effect. */
  query: string;
  sort: { key: SortKey; descending: boolean };
  /** Those within the time that the query asks about. */
  gaps: SearchGapBody[];
  /** The time for the answer ran out before everything was looked at. */
  partial: boolean;
  took_ms: number;
}

export const facetFields = ['state', 'name', 'worker', 'queue', 'exception'] as const;
export type FacetField = (typeof facetFields)[number];

/** `GET /api/search/facets`: the most frequent values of each field, most frequent first. */
export interface FacetsBody {
  facets: Record<FacetField, { value: string; tasks: number }[]>;
  /** How many tasks were counted. */
  total: TotalBody;
  partial: boolean;
  took_ms: number;
}

/** `GET /api/search/histogram`: tasks by the time they were received. Epoch seconds; `step` in seconds. */
export interface HistogramBody {
  from: number;
  to: number;
  step: number;
  /** Every bucket from `from` on, empty ones too. */
  buckets: { at: number; states: Record<string, number> }[];
  gaps: SearchGapBody[];
  partial: boolean;
  took_ms: number;
}
