/*
 * The tasks that a search finds: pages from the API, changes from the live feed. Rows that are there change in place; new
 * ones go on top while the reader follows along, and are counted otherwise. A count is cashed in by asking the server
 * anew, which is right whatever was missed meanwhile. Whether a new task fits a search only the server knows: it is
 * asked again, now and then, while tasks come. Bounded: following, a list keeps the length it has.
 */
import type { LiveMessage } from '../../../server/contract/live.ts';
import type { SearchBody } from '../../../server/contract/search.ts';
import type { TaskBody } from '../../../server/contract/tasks.ts';
import { toApiError, type ApiError } from '../api/api-error.ts';
import type { Client } from '../api/client.ts';
import { toSearchQuery, type Asked } from '../models/search-address.ts';
import { appendRows, findNew, insertRows, isNewestFirst, updateRows } from '../models/task-rows.ts';

export const pageSize = 50;
/** Whoever scrolls goes on. */
const morePageSize = 100;
/** The server's own bound. */
const largestPage = 1000;
/** Beyond this the button says "999+". */
const countLimit = 1000;
/** A refresh asks for what is shown, up to this. */
const refreshLimit = 500;
/** The least time between two questions that the feed itself gave rise to. */
const refreshEveryMs = 3000;
/** As long as a row that arrives lights up. */
const freshMs = 1500;
/** Where more arrive at once, none of them stands out by its light, which costs a busy page its frames. */
const mostFresh = 20;

type Page = { limit: number } | { limit: number; cursor: string };

export class TaskList {
  rows: readonly TaskBody[] = $state.raw([]);
  phase = $state<'loading' | 'ready' | 'failed'>('loading');
  error: ApiError | null = $state.raw(null);
  /** What the server said of the search beside its tasks, with the last first page. */
  answer: Omit<SearchBody, 'tasks'> | null = $state.raw(null);
  /** The rows are those of an earlier search, until this one is answered. */
  isStale = $state(false);
  isLoadingMore = $state(false);
  /** New tasks not shown yet. */
  waiting = $state(0);
  /** New tasks that went on top since the answer, which did not count them. */
  arrived = $state(0);
  /** Ids of rows that came by themselves a moment ago: the first page does not arrive with a flourish. */
  fresh: readonly string[] = $state.raw([]);
  /** Following pushed rows off the end: the cursor is not where the list ends. */
  isCut = $state(false);
  readonly hasMore = $derived(this.answer !== null && (this.answer.next !== null || this.isCut));

  readonly #client: Client;
  #asked: Asked | null = null;
  #holds = false;
  #isFrozen = false;
  #running: AbortController | null = null;
  /** What the feed said while a request ran: newer than its answer. */
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- nothing shows it
  readonly #meanwhile = new Map<string, TaskBody>();
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- only its size is shown, as `waiting`
  readonly #unseen = new Set<string>();
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- shown as `fresh`
  readonly #arrivedAt = new Map<string, number>();
  #refreshedAt = 0;
  #isPeekDue = false;

  constructor(client: Client) {
    this.#client = client;
  }

  /**
   * `hold`: the reader is reading, and nothing may move; `frozen`: nothing may change either. When that ends, the list
   * catches up.
   */
  setMode({ hold, frozen }: { hold: boolean; frozen: boolean }): void {
    const isBehind = (this.#isFrozen && !frozen) || (this.#holds && !hold && this.waiting > 0);
    this.#holds = hold;
    this.#isFrozen = frozen;
    if (isBehind) void this.reload();
  }

  /** Shows what is there already when the reader comes back to the same search, and brings it up to date. */
  async show(asked: Asked): Promise<void> {
    const isSame = this.#asked?.text === asked.text && this.#asked.zone === asked.zone;
    this.#asked = asked;
    if (isSame && this.phase === 'ready') return this.refresh();
    this.isStale = this.rows.length > 0;
    if (!this.isStale) this.phase = 'loading';
    await this.reload();
  }

  /** The first page, anew. */
  async reload(): Promise<void> {
    const body = await this.#read({ limit: pageSize });
    if (body) this.#replace(body, pageSize);
  }

  /** As much as is shown, as it is now. */
  async refresh(): Promise<void> {
    const limit = Math.min(refreshLimit, Math.max(pageSize, this.rows.length));
    const body = await this.#read({ limit });
    if (!body) return;
    if (this.#holds && !this.isStale) this.#apply([...body.tasks, ...this.#meanwhile.values()]);
    else this.#replace(body, limit);
  }

  async loadMore(): Promise<void> {
    if (this.isLoadingMore || this.isStale || !this.hasMore) return;
    this.isLoadingMore = true;
    const limit = Math.min(largestPage, this.rows.length + morePageSize);
    const cursor = this.answer?.next ?? undefined;
    const body = await this.#read(this.isCut || cursor === undefined ? { limit } : { limit: morePageSize, cursor });
    this.isLoadingMore = false;
    if (!body) return;
    if (this.isCut) return this.#replace(body, limit);
    if (this.answer) this.answer = { ...this.answer, next: body.next };
    this.rows = appendRows(this.rows, body.tasks);
  }

  receive(message: Extract<LiveMessage, { topic: 'tasks' }>): void {
    if (this.#running) for (const task of message.tasks) this.#meanwhile.set(task.uuid, task);
    if (this.phase !== 'ready' || this.isStale) return;
    this.#apply(message.tasks);
    // A snapshot out of turn says that this page was too slow, and missed something.
    const isPartial = message.dropped > 0 || message.snapshot === true;
    if (this.#isUnsearched && isPartial && !this.#running && !this.#isFrozen && this.#mayAsk) void this.refresh();
    if (!this.#isUnsearched && this.#isNewestFirst) this.#peekSoon();
  }

  /** Every task in the usual order: what is new needs no question. */
  get #isUnsearched(): boolean {
    return this.answer?.query === '' && this.#isNewestFirst;
  }

  get #isNewestFirst(): boolean {
    return this.answer !== null && isNewestFirst(this.answer.sort);
  }

  get #mayAsk(): boolean {
    return Date.now() - this.#refreshedAt > refreshEveryMs;
  }

  #apply(changes: readonly TaskBody[]): void {
    if (!this.#isFrozen) this.rows = updateRows(this.rows, changes);
    if (!this.#isUnsearched) return;
    const fresh = findNew(this.rows, changes, this.hasMore);
    if (fresh.length === 0) return;
    if (this.#holds || this.#isFrozen) return this.#count(fresh);
    this.#lightUp(fresh);
    this.arrived += fresh.length;
    const limit = Math.max(pageSize, this.rows.length);
    if (this.rows.length + fresh.length > limit) this.isCut = true;
    this.rows = insertRows(this.rows, fresh, limit);
  }

  #lightUp(arrived: readonly TaskBody[]): void {
    const now = Date.now();
    for (const [uuid, at] of this.#arrivedAt) if (now - at > freshMs) this.#arrivedAt.delete(uuid);
    for (const { uuid } of arrived) this.#arrivedAt.set(uuid, now);
    this.fresh = this.#arrivedAt.size > mostFresh ? [] : [...this.#arrivedAt.keys()];
  }

  #count(fresh: readonly TaskBody[]): void {
    for (const task of fresh) if (this.#unseen.size < countLimit) this.#unseen.add(task.uuid);
    this.waiting = this.#unseen.size;
  }

  /** One question while many tasks come, a little after the first of them. */
  #peekSoon(): void {
    if (this.#isPeekDue) return;
    this.#isPeekDue = true;
    setTimeout(() => {
      this.#isPeekDue = false;
      if (!document.hidden && !this.#running) void this.#peek();
    }, refreshEveryMs);
  }

  /** Counts what the search finds now and the list does not have. */
  async #peek(): Promise<void> {
    const asked = this.#asked;
    if (!asked) return;
    try {
      const { tasks } = await this.#client.search(toSearchQuery(asked, { limit: pageSize }));
      if (this.#asked !== asked || this.isStale || this.phase !== 'ready') return;
      if (!this.#isFrozen) this.rows = updateRows(this.rows, tasks);
      this.#count(findNew(this.rows, tasks, this.hasMore));
    } catch {
      // It is a question nobody asked for; the next one may be answered.
    }
  }

  #replace({ tasks, ...answer }: SearchBody, limit: number): void {
    this.fresh = [];
    this.isStale = false;
    this.isCut = false;
    this.#unseen.clear();
    this.waiting = 0;
    this.arrived = 0;
    this.answer = answer;
    const changes = [...this.#meanwhile.values()];
    const rows = updateRows(tasks, changes);
    const fresh = this.#isUnsearched ? findNew(rows, changes, this.hasMore) : [];
    this.isCut = rows.length + fresh.length > limit;
    this.rows = insertRows(rows, fresh, limit);
    this.phase = 'ready';
  }

  /** Null: it failed, or another request took its place. */
  async #read(page: Page): Promise<SearchBody | null> {
    if (!this.#asked) return null;
    this.#running?.abort();
    const own = new AbortController();
    this.#running = own;
    this.#meanwhile.clear();
    this.#refreshedAt = Date.now();
    try {
      const body = await this.#client.search(toSearchQuery(this.#asked, page), own.signal);
      if (this.#running !== own) return null;
      this.error = null;
      return body;
    } catch (error) {
      if (this.#running !== own) return null;
      this.error = toApiError(error);
      if (this.rows.length === 0 || this.isStale) this.phase = 'failed';
      return null;
    } finally {
      if (this.#running === own) this.#running = null;
    }
  }
}
