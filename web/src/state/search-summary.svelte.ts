import type { FacetsBody, HistogramBody } from '../../../server/contract/search.ts';
import { toApiError, type ApiError } from '../api/api-error.ts';
import type { Client } from '../api/client.ts';
import { toSearchQuery, type Asked } from '../models/search-address.ts';

/** What is counted of a search beside its list: facets and histogram. Old counts stand until the new ones come. */
export class SearchSummary {
  facets: FacetsBody | null = $state.raw(null);
  histogram: HistogramBody | null = $state.raw(null);
  facetsError: ApiError | null = $state.raw(null);
  histogramError: ApiError | null = $state.raw(null);
  /** The counts are those of an earlier search, until this one is answered. */
  isStale = $state(false);
  readonly #client: Client;
  #asked: Asked | null = null;
  #running: AbortController | null = null;

  constructor(client: Client) {
    this.#client = client;
  }

  /**
   * `list`: settles when the list is there, which is waited for: counting costs the server more, and the reader looks at
   * the list first. The very first counts come beside it.
   */
  async show(asked: Asked, list: Promise<void>): Promise<void> {
    this.isStale = this.#asked?.text !== asked.text || this.#asked.zone !== asked.zone;
    this.#asked = asked;
    this.#running?.abort();
    this.#running = null;
    if (this.facets) await list;
    if (this.#asked === asked) await this.refresh();
  }

  /** Asks again; what is still being asked is given up. */
  async refresh(): Promise<void> {
    if (!this.#asked) return;
    this.#running?.abort();
    const own = new AbortController();
    this.#running = own;
    const [facets, histogram] = await Promise.allSettled([
      this.#client.readFacets(toSearchQuery(this.#asked), own.signal),
      this.#client.readHistogram(toSearchQuery(this.#asked), own.signal),
    ]);
    if (this.#running !== own) return;
    this.#running = null;
    this.isStale = false;
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
  return settled.status === 'fulfilled' ? null : toApiError(settled.reason);
}
