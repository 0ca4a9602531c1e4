import { z } from 'zod';
import { isZone } from '../language/clock.ts';
import { maxLength } from '../language/read-query.ts';
import { sortKeys, type Query, type Sort } from '../language/query.ts';
import { boolean, moment, seconds, wholeNumber } from './parameters.ts';
import { taskFields, type TaskBody, type TaskField } from './tasks.ts';

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
  sort: Sort;
  /** Those within the time that the query asks about. */
  gaps: SearchGapBody[];
  /** The time for the answer ran out before everything was looked at. */
  partial: boolean;
  took_ms: number;
}

export const facetFields = ['state', 'name', 'worker', 'queue', 'exception'] as const;
export type FacetField = (typeof facetFields)[number];

/**
 * `GET /api/search/facets`: the most frequent values of each field, most frequent first; of `state` as if the query asked
 * for none.
 */
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

/** Run times of tasks that have one, in seconds, at most 2.5 % off; null: there are none. */
export interface RuntimeQuantilesBody {
  tasks: number;
  p50: number | null;
  p95: number | null;
}

/** `GET /api/search/runtimes`: how long tasks ran, by the time they were received; asked as the histogram is. */
export interface RuntimesBody {
  from: number;
  to: number;
  step: number;
  /** Every bucket from `from` on, empty ones too. */
  buckets: ({ at: number } & RuntimeQuantilesBody)[];
  whole: RuntimeQuantilesBody;
  gaps: SearchGapBody[];
  partial: boolean;
  took_ms: number;
}

/** What may be written at a place in a query. */
export interface SuggestionBody {
  kind: 'qualifier' | 'value' | 'key';
  /** What to put in place of the text between `at` and `end`, quoted where it has to be. */
  text: string;
  /** How many tasks have it: of all that fit the rest of the query, or, of a key, of a sample of recent ones. */
  tasks?: number;
}

/** `GET /api/search/suggest` */
export interface SuggestBody {
  /** The part of the text that a suggestion replaces: UTF-16 offsets, `end` exclusive. */
  at: number;
  end: number;
  /** Most likely first. */
  suggestions: SuggestionBody[];
  partial: boolean;
  took_ms: number;
}

/** `GET /api/search/explain` */
export interface ExplainBody {
  /** The query as it was understood, and in its canonical form. */
  ast: Query;
  query: string;
  sort: Sort;
  /** How it is answered, newest segment first. */
  segments: { id: number; skipped: boolean; tasks: number; steps: string[] }[];
  took_ms: number;
}

export const maxPageTasks = 1000;
export const maxHistogramBuckets = 500;
export const maxFacetValues = 100;

/** Of times in the query that name none; the server's unless told. */
const zone = z
  .string()
  .refine(isZone, {
    error: (issue) => `Invalid zone '${String(issue.input)}': a name such as Europe/Berlin is needed`,
  })
  .optional();

const q = z
  .string()
  .max(maxLength, {
    error: (issue) => `Invalid q: a query has at most ${maxLength} characters, not ${(issue.input as string).length}`,
  })
  .default('');

/** `-runtime` → by run time, the longest first. */
export function readSort(text: string): Sort | undefined {
  const key = sortKeys.find((each) => each === text.replace(/^-/, ''));
  return key && { key, descending: text.startsWith('-') };
}

export const writeSort = ({ key, descending }: Sort): string => `${descending ? '-' : ''}${key}`;

/** Without it: the order that the query says, else newest `received` first. */
const sort = z
  .string()
  .transform((text, context): Sort => {
    const read = readSort(text);
    if (read !== undefined) return read;
    const accepted = `one of ${sortKeys.join(', ')}, with - in front for descending`;
    context.addIssue({ code: 'custom', message: `Invalid sort '${text}': ${accepted}` });
    return z.NEVER;
  })
  .optional();

const between = (name: string, least: number, most: number) =>
  wholeNumber(name)
    .refine((value) => value >= least && value <= most, {
      error: (issue) => `Invalid ${name} '${String(issue.input)}': from ${least} to ${most}`,
    })
    .meta({ minimum: least, maximum: most });

/** The query string of `GET /api/search`. */
export const searchRequest = z.object({
  q,
  zone,
  sort,
  limit: between('limit', 1, maxPageTasks).default(50),
  /** `next` or `prev` of an answer to the same query in the same order. */
  cursor: z.string().optional(),
});
export type SearchRequest = z.infer<typeof searchRequest>;

/** To count all there is within `--query-timeout`, where else a quarter of a second has to do. */
const whole = boolean.optional();

/** The query string of `GET /api/search/facets`; `limit`: how many values of each field. */
export const facetsRequest = z.object({ q, zone, limit: between('limit', 1, maxFacetValues).default(10), whole });
export type FacetsRequest = z.infer<typeof facetsRequest>;

/** The query string of `GET /api/search/runtimes`. */
export const runtimesRequest = z.object({
  q,
  zone,
  /** Without them: the time in which the query wants tasks received, else from the oldest task until now. */
  from: moment('from').optional(),
  to: moment('to').optional(),
  /** Without it, one that gives some 60 to 120 buckets. */
  step: seconds('step').optional(),
});
export type RuntimesRequest = z.infer<typeof runtimesRequest>;

/** The query string of `GET /api/search/histogram`. */
export const histogramRequest = runtimesRequest.extend({ whole });
export type HistogramRequest = z.infer<typeof histogramRequest>;

/** The query string of `GET /api/search/suggest`; `cursor`: where in `q` is being typed, at its end unless told. */
export const suggestRequest = z.object({ q, zone, cursor: between('cursor', 0, maxLength).optional() });
export type SuggestRequest = z.infer<typeof suggestRequest>;

/** The query string of `GET /api/search/explain`. */
export const explainRequest = z.object({ q, zone, sort });
export type ExplainRequest = z.infer<typeof explainRequest>;

export const exportFormats = ['ndjson', 'csv', 'json'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** `uuid,name` → fields of a task, each once, in the order given. */
export function readColumns(text: string): TaskField[] | { unknown: string[] } {
  const names = [...new Set(text.split(',').map((name) => name.trim()))].filter((name) => name !== '');
  const unknown = names.filter((name) => !taskFields.some((field) => field === name));
  return unknown.length > 0 ? { unknown } : (names as TaskField[]);
}

const columns = z
  .string()
  .transform((text, context): TaskField[] => {
    const read = readColumns(text);
    if (Array.isArray(read) && read.length > 0) return read;
    const what = Array.isArray(read) ? 'there is none' : `there is no ${read.unknown.join(', no ')}`;
    context.addIssue({ code: 'custom', message: `Invalid columns: ${what}; a task has ${taskFields.join(', ')}` });
    return z.NEVER;
  })
  .optional();

/** The query string of `GET /api/export`. */
export const exportRequest = z.object({
  q,
  zone,
  sort,
  format: z
    .enum(exportFormats, {
      error: (issue) => `Invalid format '${String(issue.input)}': one of ${exportFormats.join(', ')}`,
    })
    .default('ndjson'),
  /** Without it: all fields. */
  columns,
  /** Without it: all tasks that fit. */
  limit: between('limit', 1, Number.MAX_SAFE_INTEGER).optional(),
});
export type ExportRequest = z.infer<typeof exportRequest>;
