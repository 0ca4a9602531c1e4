import type { ApiDocument } from '../../../server/contract/api-document.ts';
import type { MessageBody } from '../../../server/contract/control.ts';
import type { CoverageBody } from '../../../server/contract/coverage.ts';
import type { BrokerBody, QueueDepthsBody, QueuesBody } from '../../../server/contract/queues.ts';
import type { RejectsBody } from '../../../server/contract/rejects.ts';
import type {
  FacetsBody,
  HistogramBody,
  RuntimesBody,
  SearchBody,
  SuggestBody,
} from '../../../server/contract/search.ts';
import type { StatusBody } from '../../../server/contract/status.ts';
import type { RetriedBody } from '../../../server/contract/publish.ts';
import type { TaskEventsBody, TaskInfoBody, WorkflowBody } from '../../../server/contract/tasks.ts';
import type { InspectionsBody, WorkerStatusBody } from '../../../server/contract/workers.ts';
import { ApiError, readErrorAnswer, readJson } from './api-error.ts';

/** The questions the pages ask. Each rejects with an ApiError, or with the signal's own AbortError. */
export interface Client {
  search(query: URLSearchParams, signal?: AbortSignal): Promise<SearchBody>;
  readFacets(query: URLSearchParams, signal?: AbortSignal): Promise<FacetsBody>;
  readHistogram(query: URLSearchParams, signal?: AbortSignal): Promise<HistogramBody>;
  readRuntimes(query: URLSearchParams, signal?: AbortSignal): Promise<RuntimesBody>;
  readSuggestions(query: URLSearchParams, signal?: AbortSignal): Promise<SuggestBody>;
  readTask(uuid: string, signal?: AbortSignal): Promise<TaskInfoBody>;
  readTaskEvents(uuid: string, signal?: AbortSignal): Promise<TaskEventsBody>;
  readWorkflow(uuid: string, signal?: AbortSignal): Promise<WorkflowBody>;
  readWorkerStatus(signal?: AbortSignal): Promise<WorkerStatusBody>;
  /** What workers said of themselves: `workername`, `fields`, `refresh`. */
  readInspections(query: URLSearchParams, signal?: AbortSignal): Promise<InspectionsBody>;
  readQueues(signal?: AbortSignal): Promise<QueuesBody>;
  readQueueDepths(query: URLSearchParams, signal?: AbortSignal): Promise<QueueDepthsBody>;
  readBroker(signal?: AbortSignal): Promise<BrokerBody>;
  readStatus(signal?: AbortSignal): Promise<StatusBody>;
  readCoverage(query: URLSearchParams, signal?: AbortSignal): Promise<CoverageBody>;
  readRejects(signal?: AbortSignal): Promise<RejectsBody>;
  /**
   * Has something done, and says what was answered. `action`: the path under `api/` before the name of whom or what it is
   * about; `form`: its parameters, of which those that are `null` are left out.
   */
  act(action: string, name: string, form?: Readonly<Record<string, string | number | null>>): Promise<MessageBody>;
  /** Runs a task again; `body`: JSON of what is to be different, see `retryRequest`. */
  retryTask(uuid: string, body: string): Promise<RetriedBody>;
  readApiDocument(signal?: AbortSignal): Promise<ApiDocument>;
  /** Any address, its answer as it comes; of a long one the beginning. */
  tryPath(path: string, signal?: AbortSignal): Promise<TriedAnswer>;
}

export interface TriedAnswer {
  status: number;
  contentType: string;
  text: string;
  isCut: boolean;
}

/** An export has no end worth waiting for. */
const mostTriedChars = 50_000;

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
    return send(path, { signal: signal ?? null });
  }

  /** What was refused for want of the pass was not done: it can be sent again. */
  async function send(path: string, init: RequestInit): Promise<unknown> {
    try {
      return await sendOnce(path, init);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'unauthenticated_api') throw error;
      await renewPass();
      return sendOnce(path, init);
    }
  }

  /**
   * Without any sign-in, the API is open to pages that hold the server's pass. It comes as a cookie with every page, and
   * ends after a day or with the server: an open page asks for itself again, instead of its reader.
   */
  function renewPass(): Promise<unknown> {
    renewing ??= ask('', {}, 'text/html').finally(() => (renewing = null));
    return renewing;
  }

  async function sendOnce(path: string, init: RequestInit): Promise<unknown> {
    const response = await ask(path, init);
    const date = Date.parse(response.headers.get('date') ?? '');
    if (!Number.isNaN(date)) onServerTime?.(date / 1000);
    const text = await response.text();
    if (!response.ok) throw readErrorAnswer(response.status, text);
    const body = readJson(text);
    if (body === undefined) throw new ApiError('bad_answer', `${path} answered something that is not Herbarium’s.`);
    return body;
  }

  async function ask(path: string, init: RequestInit, accept = 'application/json'): Promise<Response> {
    try {
      return await fetch(new URL(path, base), { ...init, headers: { accept } });
    } catch (error) {
      if (init.signal?.aborted) throw error;
      throw new ApiError('unreachable', 'Herbarium’s server does not answer.', [], { cause: error });
    }
  }

  async function tryPath(path: string, signal?: AbortSignal): Promise<TriedAnswer> {
    const response = await ask(path, { signal: signal ?? null }, '*/*');
    const { text, isCut } = await readBeginning(response);
    return { status: response.status, contentType: response.headers.get('content-type') ?? '', text, isCut };
  }

  const ofTask = (uuid: string) => encodeURIComponent(uuid);
  return {
    search: (query, signal) => read(`api/search?${query.toString()}`, signal) as Promise<SearchBody>,
    readFacets: (query, signal) => read(`api/search/facets?${query.toString()}`, signal) as Promise<FacetsBody>,
    readHistogram: (query, signal) =>
      read(`api/search/histogram?${query.toString()}`, signal) as Promise<HistogramBody>,
    readRuntimes: (query, signal) => read(`api/search/runtimes?${query.toString()}`, signal) as Promise<RuntimesBody>,
    readSuggestions: (query, signal) => read(`api/search/suggest?${query.toString()}`, signal) as Promise<SuggestBody>,
    readTask: (uuid, signal) => read(`api/task/info/${ofTask(uuid)}`, signal) as Promise<TaskInfoBody>,
    readTaskEvents: (uuid, signal) => read(`api/task/events/${ofTask(uuid)}`, signal) as Promise<TaskEventsBody>,
    readWorkflow: (uuid, signal) => read(`api/task/workflow/${ofTask(uuid)}`, signal) as Promise<WorkflowBody>,
    readWorkerStatus: (signal) => read('api/workers?status=1', signal) as Promise<WorkerStatusBody>,
    readInspections: (query, signal) => read(`api/workers?${query.toString()}`, signal) as Promise<InspectionsBody>,
    readQueues: (signal) => read('api/queues', signal) as Promise<QueuesBody>,
    readQueueDepths: (query, signal) =>
      read(`api/queues/depths?${query.toString()}`, signal) as Promise<QueueDepthsBody>,
    readBroker: (signal) => read('api/broker', signal) as Promise<BrokerBody>,
    readStatus: (signal) => read('api/status', signal) as Promise<StatusBody>,
    readCoverage: (query, signal) => read(`api/coverage?${query.toString()}`, signal) as Promise<CoverageBody>,
    readRejects: (signal) => read('api/rejects', signal) as Promise<RejectsBody>,
    act: (action, name, form = {}) => {
      const body = new URLSearchParams();
      for (const [key, value] of Object.entries(form)) if (value !== null) body.set(key, String(value));
      return send(`api/${action}/${encodeURIComponent(name)}`, { method: 'POST', body }) as Promise<MessageBody>;
    },
    retryTask: (uuid, body) => send(`api/task/retry/${ofTask(uuid)}`, { method: 'POST', body }) as Promise<RetriedBody>,
    readApiDocument: (signal) => read('api/openapi.json', signal) as Promise<ApiDocument>,
    tryPath,
  };
}

async function readBeginning(response: Response): Promise<{ text: string; isCut: boolean }> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (reader && text.length <= mostTriedChars) {
    const { done, value } = await reader.read();
    if (done) return { text, isCut: false };
    text += value;
  }
  await reader?.cancel();
  return { text: text.slice(0, mostTriedChars), isCut: reader !== undefined };
}
