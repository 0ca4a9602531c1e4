import type { SuggestBody, SuggestionBody } from '../../../server/contract/search.ts';
import type { Client } from '../api/client.ts';
import { toSearchQuery, type Asked } from '../models/search-address.ts';

/** Between the last key and the question. */
const pauseMs = 80;

/** What may be written where the cursor is, and which of it is pointed at. */
export class Suggestions {
  answer: SuggestBody | null = $state.raw(null);
  /** Index in `items`; -1: none. */
  active = $state(-1);
  readonly items: readonly SuggestionBody[] = $derived(this.answer?.suggestions ?? []);
  readonly #client: Client;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: AbortController | null = null;

  constructor(client: Client) {
    this.#client = client;
  }

  /** `cursor`: UTF-16 offset in the text. What is there stays until the answer comes. */
  ask(asked: Asked, cursor: number): void {
    this.#stop();
    this.active = -1;
    this.#timer = setTimeout(() => {
      void this.#read(toSearchQuery(asked, { cursor }));
    }, pauseMs);
  }

  close(): void {
    this.#stop();
    this.answer = null;
    this.active = -1;
  }

  /** Down (1) or up (-1), around the ends. */
  move(step: 1 | -1): void {
    const { length } = this.items;
    if (length === 0) return;
    this.active = this.active === -1 && step === -1 ? length - 1 : (this.active + step + length) % length;
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#running?.abort();
    this.#running = null;
  }

  async #read(query: URLSearchParams): Promise<void> {
    const own = new AbortController();
    this.#running = own;
    try {
      const answer = await this.#client.readSuggestions(query, own.signal);
      if (this.#running === own) this.answer = answer;
    } catch {
      // One can write without them; what the server's trouble is, the list says.
      if (this.#running === own) this.answer = null;
    }
  }
}
