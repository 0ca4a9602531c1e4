/*
 * The tasks on the list: pages from the API, changes from the live feed. Rows that are there change in place; new ones go
 * on top while the reader follows along, and are counted otherwise. A count is cashed in by asking the
 * server anew, which is right whatever was missed meanwhile. Bounded: following, a list keeps the length it has.
 */
import type { LiveMessage } from '../../../server/contract/live.ts';
import type { TaskBody } from '../../../server/contract/tasks.ts';
import { ApiError } from '../api/api-error.ts';
import type { Client } from '../api/client.ts';
import { isSameFilter, noFilter, toApiQuery, type TaskFilter } from '../models/task-filter.ts';
import { appendRows, findNew, insertRows, toRows, updateRows } from '../models/task-rows.ts';

export const pageSize = 50;
/** Beyond this the button says "999+". */
const countLimit = 1000;
/** A refresh asks for what is shown, up to this. */
const refreshLimit = 500;
/** The least time between two refreshes that the feed itself asked for (`dropped`). */
const refreshEveryMs = 3000;

export class TaskList {
  rows: readonly TaskBody[] = $state.raw([]);
  phase = $state<'loading' | 'ready' | 'failed'>('loading');
  error: ApiError | null = $state.raw(null);
  hasMore = $state(false);
  isLoadingMore = $state(false);
  /** New tasks not shown yet. */
  waiting = $state(0);
  /** Whether rows came by themselves: the first page does not arrive with a flourish. */
  isMoving = $state(false);

  readonly #client: Client;
  #filter: TaskFilter = noFilter;
  #hasShown = false;
  #holds = false;
  #isFrozen = false;
  #running: AbortController | null = null;
  /** What the feed said while a request ran: newer than its answer. */
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- nothing shows it
  readonly #meanwhile = new Map<string, TaskBody>();
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- only its size is shown, as `waiting`
  readonly #unseen = new Set<string>();
  #refreshedAt = 0;

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

  /** Shows what is there already when the reader comes back to the same list, and brings it up to date. */
  async show(filter: TaskFilter): Promise<void> {
    if (this.#hasShown && this.phase === 'ready' && isSameFilter(filter, this.#filter)) return this.refresh();
    const isSame = isSameFilter(filter, this.#filter);
    this.#filter = filter;
    this.#hasShown = true;
    if (!isSame || this.phase !== 'ready') {
      this.phase = 'loading';
      this.rows = [];
      this.hasMore = false;
    }
    await this.reload();
  }

  /** The first page, anew. */
  async reload(): Promise<void> {
    const body = await this.#read(pageSize, 0);
    if (body) this.#replace(body, pageSize);
  }

  /** As much as is shown, as it is now. */
  async refresh(): Promise<void> {
    const limit = Math.min(refreshLimit, Math.max(pageSize, this.rows.length));
    const body = await this.#read(limit, 0);
    if (!body) return;
    if (this.#holds) this.#apply([...body, ...this.#meanwhile.values()]);
    else this.#replace(body, limit);
  }

  async loadMore(): Promise<void> {
    this.isLoadingMore = true;
    // New rows have pushed the rest down by as many, whether they are shown or only counted.
    const offset = this.rows.length + this.#unseen.size;
    const body = await this.#read(pageSize, offset);
    this.isLoadingMore = false;
    if (!body) return;
    this.hasMore = body.length >= pageSize;
    this.rows = appendRows(this.rows, body);
  }

  receive(message: Extract<LiveMessage, { topic: 'tasks' }>): void {
    if (this.#running) for (const task of message.tasks) this.#meanwhile.set(task.uuid, task);
    if (this.phase !== 'ready') return;
    this.#apply(message.tasks);
    // A snapshot out of turn says that this page was too slow, and missed something.
    const isPartial = message.dropped > 0 || message.snapshot === true;
    if (isPartial && !this.#running && !this.#isFrozen && Date.now() - this.#refreshedAt > refreshEveryMs)
      void this.refresh();
  }

  #apply(changes: readonly TaskBody[]): void {
    const fresh = findNew(this.rows, changes, this.#filter, this.hasMore);
    if (!this.#isFrozen) this.rows = updateRows(this.rows, changes);
    if (fresh.length === 0) return;
    if (this.#holds || this.#isFrozen) {
      for (const task of fresh) if (this.#unseen.size < countLimit) this.#unseen.add(task.uuid);
      this.waiting = this.#unseen.size;
      return;
    }
    this.isMoving = true;
    const limit = Math.max(pageSize, this.rows.length);
    if (this.rows.length + fresh.length > limit) this.hasMore = true;
    this.rows = insertRows(this.rows, fresh, limit);
  }

  #replace(body: readonly TaskBody[], limit: number): void {
    this.isMoving = false;
    this.#unseen.clear();
    this.waiting = 0;
    this.hasMore = body.length >= limit;
    const changes = [...this.#meanwhile.values()];
    const rows = updateRows(body, changes);
    this.rows = insertRows(rows, findNew(rows, changes, this.#filter, this.hasMore), limit);
    this.phase = 'ready';
  }

  /** Null: it failed, or another request took its place. */
  async #read(limit: number, offset: number): Promise<TaskBody[] | null> {
    this.#running?.abort();
    const own = new AbortController();
    this.#running = own;
    this.#meanwhile.clear();
    this.#refreshedAt = Date.now();
    try {
      const body = await this.#client.readTasks(toApiQuery(this.#filter, limit, offset), own.signal);
      this.error = null;
      return this.#running === own ? toRows(body) : null;
    } catch (error) {
      if (this.#running !== own) return null;
      this.error = error instanceof ApiError ? error : new ApiError('internal', String(error));
      if (this.rows.length === 0) this.phase = 'failed';
      return null;
    } finally {
      if (this.#running === own) this.#running = null;
    }
  }
}
