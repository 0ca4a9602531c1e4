import type { CoverageBody } from '../../../server/contract/coverage.ts';
import type { FacetsBody, HistogramBody, SearchBody, SuggestBody } from '../../../server/contract/search.ts';
import type { StatusBody } from '../../../server/contract/status.ts';
import type { TaskBody, TaskEventsBody } from '../../../server/contract/tasks.ts';
import type { WorkerStatusBody } from '../../../server/contract/workers.ts';
import { ApiError, readErrorAnswer, readJson } from './api-error.ts';

/** The questions the pages ask. Each rejects with an ApiError, or with the signal's own AbortError. */
export interface Client {
  search(query: URLSearchParams, signal?: AbortSignal): Promise<SearchBody>;
  readFacets(query: URLSearchParams, signal?: AbortSignal): Promise<FacetsBody>;
  readHistogram(query: URLSearchParams, signal?: AbortSignal): Promise<HistogramBody>;
  readSuggestions(query: URLSearchParams, signal?: AbortSignal): Promise<SuggestBody>;
  readTask(uuid: string, signal?: AbortSignal): Promise<TaskBody>;
  readTaskEvents(uuid: string, signal?: AbortSignal): Promise<TaskEventsBody>;
  readWorkerStatus(signal?: AbortSignal): Promise<WorkerStatusBody>;
  readStatus(signal?: AbortSignal): Promise<StatusBody>;
  readCoverage(query: URLSearchParams, signal?: AbortSignal): Promise<CoverageBody>;
}

export interface ClientOptions {
  /** Where the app lives; every address is relative to it. */
  base: string;
  fetch: typeof fetch;
  /** Told the server's clock, epoch seconds, with each answer. */
  onServerTime?: (epochS: number) => void;
}

/** The only place that fetches. Server and page are built together, so a 2xx answer is taken to be what the contract says. */
export function createClient({ base, fetch, onServerTime }: ClientOptions): Client {
  let renewing: Promise<unknown> | null = null;

  async function read(path: string, signal?: AbortSignal): Promise<unknown> {
    try {
      return await readOnce(path, signal);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'unauthenticated_api') throw error;
      await renewPass();
      return readOnce(path, signal);
    }
  }

  /**
   * Without any sign-in, the API is open to pages that hold the server's pass. It comes as a cookie with every page, and
   * ends after a day or with the server: an open page asks for itself again, instead of its reader.
   */
  function renewPass(): Promise<unknown> {
    renewing ??= ask('', undefined, 'text/html').finally(() => (renewing = null));
    return renewing;
  }

  async function readOnce(path: string, signal?: AbortSignal): Promise<unknown> {
    const response = await ask(path, signal);
    const date = Date.parse(response.headers.get('date') ?? '');
    if (!Number.isNaN(date)) onServerTime?.(date / 1000);
    const text = await response.text();
    if (!response.ok) throw readErrorAnswer(response.status, text);
    const body = readJson(text);
    if (body === undefined) throw new ApiError('bad_answer', `${path} answered something that is not Herbarium’s.`);
    return body;
  }

  async function ask(path: string, signal?: AbortSignal, accept = 'application/json'): Promise<Response> {
    try {
      return await fetch(new URL(path, base), { signal: signal ?? null, headers: { accept } });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new ApiError('unreachable', 'Herbarium’s server does not answer.', [], { cause: error });
    }
  }

  const ofTask = (uuid: string) => encodeURIComponent(uuid);
  return {
    search: (query, signal) => read(`api/search?${query.toString()}`, signal) as Promise<SearchBody>,
    readFacets: (query, signal) => read(`api/search/facets?${query.toString()}`, signal) as Promise<FacetsBody>,
    readHistogram: (query, signal) =>
      read(`api/search/histogram?${query.toString()}`, signal) as Promise<HistogramBody>,
    readSuggestions: (query, signal) => read(`api/search/suggest?${query.toString()}`, signal) as Promise<SuggestBody>,
    readTask: (uuid, signal) => read(`api/task/info/${ofTask(uuid)}`, signal) as Promise<TaskBody>,
    readTaskEvents: (uuid, signal) => read(`api/task/events/${ofTask(uuid)}`, signal) as Promise<TaskEventsBody>,
    readWorkerStatus: (signal) => read('api/workers?status=1', signal) as Promise<WorkerStatusBody>,
    readStatus: (signal) => read('api/status', signal) as Promise<StatusBody>,
    readCoverage: (query, signal) => read(`api/coverage?${query.toString()}`, signal) as Promise<CoverageBody>,
  };
}
