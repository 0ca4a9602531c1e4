import type { QueueDepthsBody, QueuesBody } from '../../../server/contract/queues.ts';
import type { FacetsBody, HistogramBody, RuntimesBody, SearchBody } from '../../../server/contract/search.ts';
import { toApiError, type ApiError } from '../api/api-error.ts';
import type { Client } from '../api/client.ts';
import { toQuery, toStretch, toStretchText, type OverviewRange } from '../models/overview.ts';

export type OverviewPart = 'histogram' | 'runtimes' | 'failures' | 'failing' | 'queues' | 'depths';

const failuresShown = 8;

/** The figures of one stretch of time, asked for side by side. Old ones stand until the new ones come. */
export class Overview {
  histogram: HistogramBody | null = $state.raw(null);
  runtimes: RuntimesBody | null = $state.raw(null);
  /** The newest. */
  failures: SearchBody | null = $state.raw(null);
  /** What failed most. */
  failing: FacetsBody | null = $state.raw(null);
  queues: QueuesBody | null = $state.raw(null);
  depths: QueueDepthsBody | null = $state.raw(null);
  /** Why a part is not there, or is an old one. */
  errors: Readonly<Partial<Record<OverviewPart, ApiError>>> = $state.raw({});
  readonly #client: Client;
  readonly #readNow: () => number;
  #running: AbortController | null = null;
  #asked: { range: OverviewRange; begin: number | null } | null = null;

  /** `readNow`: epoch seconds, by the server's clock. */
  constructor(client: Client, readNow: () => number) {
    this.#client = client;
    this.#readNow = readNow;
  }

  get isAsking(): boolean {
    return this.#running !== null;
  }

  /** `begin`: when the history begins, epoch seconds; null: not known yet. */
  show(range: OverviewRange, begin: number | null): Promise<void> {
    this.#asked = { range, begin };
    return this.refresh();
  }

  /** Asks again; what is still being asked is given up. */
  async refresh(): Promise<void> {
    if (!this.#asked) return;
    this.#running?.abort();
    const own = new AbortController();
    this.#running = own;
    const { range, begin } = this.#asked;
    const { from, to } = toStretch(range, begin, this.#readNow());
    const within = { from: String(from), to: String(to) };
    const failed = `state:FAILURE ${toStretchText(range)}`;
    const { signal } = own;
    const errors: Partial<Record<OverviewPart, ApiError>> = {};
    const take = async <T>(part: OverviewPart, asked: Promise<T>, keep: (body: T) => void): Promise<void> => {
      try {
        const body = await asked;
        if (this.#running === own) keep(body);
      } catch (error) {
        errors[part] = toApiError(error);
      }
    };
    const client = this.#client;
    await Promise.all([
      take('histogram', client.readHistogram(toQuery(within), signal), (body) => (this.histogram = body)),
      take('runtimes', client.readRuntimes(toQuery(within), signal), (body) => (this.runtimes = body)),
      take(
        'failures',
        client.search(toQuery({ q: failed, limit: String(failuresShown) }), signal),
        (body) => (this.failures = body),
      ),
      take('failing', client.readFacets(toQuery({ q: failed, limit: '6' }), signal), (body) => (this.failing = body)),
      take('queues', client.readQueues(signal), (body) => (this.queues = body)),
      take('depths', client.readQueueDepths(toQuery(within), signal), (body) => (this.depths = body)),
    ]);
    if (this.#running !== own) return;
    this.#running = null;
    this.errors = errors;
  }
}
