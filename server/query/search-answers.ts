/**
 * In: checked requests of the search. Out: their answers, as they leave the server, from the store's own answers to the
 * parts of each. The page, its total and its gaps are asked for side by side, each within its time; what is no longer
 * needed is cancelled. It writes no SQL, and never holds more than one page.
 */
import {
  facetFields,
  type ExplainBody,
  type ExplainRequest,
  type FacetsBody,
  type FacetsRequest,
  type HistogramBody,
  type HistogramRequest,
  type RuntimesBody,
  type RuntimesRequest,
  type SearchBody,
  type SearchGapBody,
  type SearchRequest,
  type SuggestBody,
  type SuggestRequest,
  type TotalBody,
} from '../contract/search.ts';
import type { TaskBody } from '../contract/tasks.ts';
import { printQuery } from '../language/print-query.ts';
import type { Condition, Query, Sort } from '../language/query.ts';
import { readCursor, writeCursor, type CursorScope } from './cursor.ts';
import { toHistogramRange } from './histogram-range.ts';
import { readSearch } from './read-search.ts';
import type { Budget, Facets, Page, PageRequest, SearchQueries } from './search.ts';
import { suggest } from './suggest.ts';
import { toTimeRange, type TimeRange } from './time-range.ts';

/** All of a search's tasks, in order. */
export interface TasksRequest {
  q: string;
  zone?: string;
  sort?: Sort;
  limit?: number;
}

/** Answers to the requests of `contract/search.ts`. Each rejects with `bad_request`, `cancelled` or `store_unavailable`. */
export interface SearchAnswers {
  search(request: SearchRequest, signal?: AbortSignal): Promise<SearchBody>;
  facets(request: FacetsRequest, signal?: AbortSignal): Promise<FacetsBody>;
  histogram(request: HistogramRequest, signal?: AbortSignal): Promise<HistogramBody>;
  runtimes(request: RuntimesRequest, signal?: AbortSignal): Promise<RuntimesBody>;
  suggest(request: SuggestRequest, signal?: AbortSignal): Promise<SuggestBody>;
  explain(request: ExplainRequest): Promise<ExplainBody>;
  /** In chunks, in constant memory, without a bound in time; throws `bad_request` at once. */
  tasks(request: TasksRequest, signal?: AbortSignal): AsyncIterable<TaskBody[]>;
}

export interface SearchAnswersOptions {
  queries: SearchQueries;
  gaps: (range: TimeRange) => Promise<SearchGapBody[]>;
  /** When the oldest task was received, epoch seconds; null: there is none. */
  begin: () => Promise<number | null>;
  /** How long an answer may take. */
  timeoutMs: number;
  /** After so long a page does not wait for its total any more: {@link totalBudgetMs} unless told. */
  totalMs?: number;
  /** How long facets and a histogram may take, before they are of a part only: {@link summaryBudgetMs} unless told. */
  summaryMs?: number;
  /** Epoch seconds. */
  now: () => number;
}

/** So that page and total together are there within 50 ms: a total is worth less than the page it stands above. */
export const totalBudgetMs = 40;

/** Ten million tasks are counted by their columns in less; of common text, of which each row is looked at, the newest are. */
export const summaryBudgetMs = 250;

const newestFirst = { key: 'received', descending: true } as const;

export function openSearchAnswers(options: SearchAnswersOptions): SearchAnswers {
  const { queries, gaps, begin, timeoutMs, summaryMs = summaryBudgetMs, now } = options;
  const budgetOf = (mostMs: number, signal?: AbortSignal): Budget => ({
    deadlineMs: performance.now() + Math.min(timeoutMs, mostMs),
    signal,
  });
  const summaryBudget = (whole = false, signal?: AbortSignal) => budgetOf(whole ? timeoutMs : summaryMs, signal);
  return {
    search: (request, signal) => answerSearch(options, request, signal),

    async facets({ q, zone, limit, whole }, signal) {
      const start = performance.now();
      const { where } = readSearch(q, { now: now(), zone });
      return timed(start, await countFacets(queries, where, limit, summaryBudget(whole, signal)));
    },

    async histogram(request, signal) {
      const start = performance.now();
      const { where } = readSearch(request.q, { now: now(), zone: request.zone });
      const range = toHistogramRange(request, where, now(), await begin());
      const [{ buckets, partial }, known] = await Promise.all([
        queries.histogram(where, range, summaryBudget(request.whole, signal)),
        gaps(range),
      ]);
      const rows = buckets.map((states, i) => ({
        at: range.from + i * range.step,
        states: Object.fromEntries(states),
      }));
      return timed(start, { ...range, buckets: rows, gaps: known, partial });
    },

    async runtimes(request, signal) {
      const start = performance.now();
      const { where } = readSearch(request.q, { now: now(), zone: request.zone });
      const range = toHistogramRange(request, where, now(), await begin());
      const [{ buckets, whole, partial }, known] = await Promise.all([
        queries.runtimes(where, range, budgetOf(timeoutMs, signal)),
        gaps(range),
      ]);
      const rows = buckets.map((bucket, i) => ({ at: range.from + i * range.step, ...bucket }));
      return timed(start, { ...range, buckets: rows, whole, gaps: known, partial });
    },

    async suggest(request, signal) {
      const start = performance.now();
      return timed(start, await suggest(queries, request, now(), budgetOf(timeoutMs, signal)));
    },

    async explain({ q, zone, sort }) {
      const start = performance.now();
      const ast = readSearch(q, { now: now(), zone });
      const request = { where: ast.where, sort: sort ?? ast.sort ?? newestFirst, limit: 50 };
      const { segments } = await queries.explain(request);
      return timed(start, { ast, query: printQuery(ast), sort: request.sort, segments });
    },

    tasks({ q, zone, sort, limit }, signal) {
      const query = readSearch(q, { now: now(), zone });
      const chunks = queries.stream(query.where, sort ?? query.sort ?? newestFirst, signal);
      return limit === undefined ? chunks : take(chunks, limit);
    },
  };
}

/**
 * The values of each field among the tasks that fit; but the states as if the query asked for none, so that whoever has
 * chosen one sees how many the others have.
 */
async function countFacets(
  queries: SearchQueries,
  where: Condition | null,
  limit: number,
  budget: Budget,
): Promise<Facets> {
  const anyState = withoutStates(where);
  if (anyState === where) return queries.facets(where, facetFields, limit, budget);
  const others = facetFields.filter((field) => field !== 'state');
  const [chosen, all] = await Promise.all([
    queries.facets(where, others, limit, budget),
    queries.facets(anyState, ['state'], limit, budget),
  ]);
  return {
    ...chosen,
    facets: { ...chosen.facets, state: all.facets.state },
    partial: chosen.partial || all.partial,
  };
}

/** The same condition when it does not demand a state. */
function withoutStates(where: Condition | null): Condition | null {
  if (where?.kind === 'state') return null;
  if (where?.kind !== 'and' || !where.parts.some(({ kind }) => kind === 'state')) return where;
  const parts = where.parts.filter(({ kind }) => kind !== 'state');
  return parts.length > 1 ? { kind: 'and', parts } : (parts[0] ?? null);
}

async function answerSearch(
  { queries, gaps, timeoutMs, totalMs = totalBudgetMs, now }: SearchAnswersOptions,
  request: SearchRequest,
  signal?: AbortSignal,
): Promise<SearchBody> {
  const start = performance.now();
  const { query, scope, place, at } = readRequest(request, now());
  const { where } = query;
  const failed = new AbortController();
  const budget: Budget = {
    deadlineMs: start + timeoutMs,
    signal: signal ? AbortSignal.any([signal, failed.signal]) : failed.signal,
  };
  try {
    const [{ page, total }, known] = await Promise.all([
      findPage(queries, { where, sort: scope.sort, limit: request.limit, ...place }, budget, start + totalMs),
      gaps(toTimeRange(where)),
    ]);
    const cursorAt = (direction: 'after' | 'before', position: Page['first']): string | null =>
      position && writeCursor({ direction, position, now: at }, scope);
    return timed(start, {
      tasks: page.tasks,
      total,
      next: page.more.after ? cursorAt('after', page.last) : null,
      prev: page.more.before ? cursorAt('before', page.first) : null,
      query: printQuery(query),
      sort: scope.sort,
      gaps: known,
      partial: page.partial,
    });
  } finally {
    // One question may still be at work when the other has failed.
    failed.abort();
  }
}

interface ReadRequest {
  query: Query;
  scope: CursorScope;
  place: Pick<PageRequest, 'after' | 'before'>;
  /** When the first page was asked for. */
  at: number;
}

function readRequest({ q, zone, sort, cursor: text }: SearchRequest, now: number): ReadRequest {
  const query = readSearch(q, { now, zone });
  const scope = { text: q, sort: sort ?? query.sort ?? newestFirst };
  if (text === undefined) return { query, scope, place: {}, at: now };
  const cursor = readCursor(text, scope);
  return {
    query: readSearch(q, { now: cursor.now, zone }),
    scope,
    place: { [cursor.direction]: cursor.position },
    at: cursor.now,
  };
}

/**
 * A page, and how many tasks there are of which it shows some. They are counted after the page is found, so that nothing
 * keeps it waiting; not at all where it shows all of them; and where there is no time, what is on the page is known.
 */
export async function findPage(
  queries: SearchQueries,
  request: PageRequest,
  budget: Budget,
  totalDeadlineMs: number,
): Promise<{ page: Page; total: TotalBody }> {
  const page = await queries.page(request, budget);
  const { tasks, more, partial } = page;
  if (!more.after && !more.before && !partial) return { page, total: { value: tasks.length, relation: 'eq' } };
  const known: TotalBody = { value: tasks.length + Number(more.after) + Number(more.before), relation: 'gte' };
  const deadlineMs = Math.min(totalDeadlineMs, budget.deadlineMs);
  const counted = await queries.count(request.where, { ...budget, deadlineMs });
  if (counted.relation === 'eq') return { page, total: counted };
  return { page, total: { value: Math.max(counted.value, known.value), relation: 'gte' } };
}

function timed<T extends object>(startMs: number, answer: T): T & { took_ms: number } {
  return { ...answer, took_ms: Math.round((performance.now() - startMs) * 10) / 10 };
}

async function* take(chunks: AsyncIterable<TaskBody[]>, limit: number): AsyncIterable<TaskBody[]> {
  let left = limit;
  for await (const chunk of chunks) {
    yield chunk.slice(0, left);
    left -= chunk.length;
    if (left <= 0) return;
  }
}
