import type { FacetsBody, HistogramBody } from '../../../server/contract/search.ts';
import { ApiError } from '../api/api-error.ts';
import type { Client } from '../api/client.ts';
import { toSearchQuery, type Asked } from '../models/search-address.ts';
import { toHistogramStart } from '../models/histogram.ts';

/** The first page is there before anything on it is asked for again. */
const calmMs = 2000;

/** What is counted of a search beside its list: facets and histogram. Old counts stand until the new ones come. */
export class SearchSummary {
  facets: FacetsBody | null = $state.raw(null);
  histogram: HistogramBody | null = $state.raw(null);
  facetsError: ApiError | null = $state.raw(null);
  histogramError: ApiError | null = $state.raw(null);
  readonly #client: Client;
  readonly #readNow: () => number;
  /** When the history begins, epoch seconds; null: not known yet. */
  #begin: number | null = null;
  #asked: Asked | null = null;
  #running: AbortController | null = null;

  /** `readNow`: epoch seconds, by the server's clock. */
  constructor(client: Client, readNow: () => number) {
    this.#client = client;
    this.#readNow = readNow;
  }

  /** A young history is drawn from its beginning on, instead of as a line at the end of a day. */
  set begin(begin: number | null) {
    const isYoung = this.#asked && toHistogramStart(this.#asked.text, begin, this.#readNow()) !== null;
    const isNews = this.#begin === null && begin !== null;
    this.#begin = begin;
    if (isNews && isYoung) setTimeout(() => void this.refresh(), calmMs);
  }

  show(asked: Asked): Promise<void> {
    this.#asked = asked;
    return this.refresh();
  }

  /** Asks again; what is still being asked is given up. */
  async refresh(): Promise<void> {
    if (!this.#asked) return;
    this.#running?.abort();
    const own = new AbortController();
    this.#running = own;
    const from = toHistogramStart(this.#asked.text, this.#begin, this.#readNow());
    const [facets, histogram] = await Promise.allSettled([
      this.#client.readFacets(toSearchQuery(this.#asked), own.signal),
      this.#client.readHistogram(toSearchQuery(this.#asked, from === null ? {} : { from }), own.signal),
    ]);
    if (this.#running !== own) return;
    this.#running = null;
    if (facets.status === 'fulfilled') this.facets = facets.value;
    if (histogram.status === 'fulfilled') this.histogram = histogram.value;
    this.facetsError = toProblem(facets);
    this.histogramError = toProblem(histogram);
  }

  get isAsking(): boolean {
    return this.#running !== null;
  }
}

function toProblem(settled: PromiseSettledResult<unknown>): ApiError | null {
  if (settled.status === 'fulfilled') return null;
  const reason: unknown = settled.reason;
  return reason instanceof ApiError ? reason : new ApiError('internal', String(reason));
}
