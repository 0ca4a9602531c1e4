import type { SearchGapBody } from '../../server/contract/search.ts';
import type { TaskBody } from '../../server/contract/tasks.ts';
import { AppError } from '../../server/errors.ts';
import type { Condition } from '../../server/language/query.ts';
import { openSearchAnswers, type SearchAnswers } from '../../server/query/search-answers.ts';
import type {
  BucketRange,
  Budget,
  Explanation,
  Facets,
  Histogram,
  Page,
  PageRequest,
  Runtimes,
  SearchQueries,
  SearchSort,
} from '../../server/query/search.ts';
import { toTaskBody } from '../../server/query/task-body.ts';
import { sampleTask } from './samples.ts';

/** Searches over a list, in the order in which it is: what was asked is kept. Only states filter. */
export class FakeSearch implements SearchQueries {
  readonly asked: Record<string, unknown>[] = [];
  stored: TaskBody[] = [];
  /** Waited for by every question, until the one who asked is gone. */
  hold: Promise<void> = Promise.resolve();
  cancelled = 0;
  partial = false;
  /** Of facets, whatever is asked. */
  values: Partial<Facets['facets']> = {};
  chunkSize = 2;
  failure: Error | null = null;

  async page(request: PageRequest, budget: Budget): Promise<Page> {
    await this.#answer({ question: 'page', ...request }, budget.signal);
    const found = this.#find(request.where);
    const { after, before, limit } = request;
    const start = after ? after.id + 1 : before ? Math.max(0, before.id - limit) : 0;
    const end = before ? before.id : start + limit;
    const tasks = found.slice(start, end);
    const at = (id: number) => ({ value: found[id]?.received ?? null, segment: 1, id });
    return {
      tasks,
      first: tasks.length > 0 ? at(start) : null,
      last: tasks.length > 0 ? at(start + tasks.length - 1) : null,
      more: { after: end < found.length, before: start > 0 },
      partial: this.partial,
    };
  }

  async count(where: Condition | null, budget: Budget) {
    await this.#answer({ question: 'count', where }, budget.signal);
    return this.partial
      ? { value: 1, relation: 'gte' as const }
      : { value: this.#find(where).length, relation: 'eq' as const };
  }

  async facets(where: Condition | null, fields: readonly string[], limit: number, budget: Budget): Promise<Facets> {
    await this.#answer({ question: 'facets', where, fields, limit }, budget.signal);
    const facets = { state: [], name: [], worker: [], queue: [], exception: [], ...this.values };
    return { facets, total: { value: this.#find(where).length, relation: 'eq' }, partial: this.partial };
  }

  async histogram(where: Condition | null, range: BucketRange, budget: Budget): Promise<Histogram> {
    await this.#answer({ question: 'histogram', where, ...range }, budget.signal);
    const buckets = Array.from({ length: Math.ceil((range.to - range.from) / range.step) }, () => new Map([['A', 1]]));
    return { buckets, partial: this.partial };
  }

  async runtimes(where: Condition | null, range: BucketRange, budget: Budget): Promise<Runtimes> {
    await this.#answer({ question: 'runtimes', where, ...range }, budget.signal);
    const one = { tasks: 1, p50: 0.5, p95: 2 };
    const length = Math.ceil((range.to - range.from) / range.step);
    return { buckets: Array.from({ length }, () => one), whole: one, partial: this.partial };
  }

  async *stream(where: Condition | null, sort: SearchSort, signal?: AbortSignal): AsyncIterable<TaskBody[]> {
    await this.#answer({ question: 'stream', where, sort }, signal);
    const found = this.#find(where);
    for (let i = 0; i < found.length; i += this.chunkSize) yield found.slice(i, i + this.chunkSize);
  }

  async explain(request: PageRequest): Promise<Explanation> {
    await this.#answer({ question: 'explain', ...request });
    return { segments: [{ id: 1, skipped: false, tasks: this.stored.length, steps: ['column state'] }] };
  }

  #find(where: Condition | null): TaskBody[] {
    const states = where?.kind === 'state' ? where.states : null;
    return this.stored.filter((task) => states === null || states.includes(task.state));
  }

  async #answer(question: Record<string, unknown>, signal?: AbortSignal): Promise<void> {
    this.asked.push(question);
    const gone = new Promise<never>((_resolve, reject) => {
      signal?.addEventListener('abort', () => {
        this.cancelled++;
        reject(new AppError('cancelled', 'nobody waits for this any more'));
      });
    });
    gone.catch(() => undefined);
    await Promise.race([this.hold, gone]);
    if (this.failure) throw this.failure;
  }
}

export function openFakeAnswers(queries: SearchQueries, gaps: SearchGapBody[] = []): SearchAnswers {
  return openSearchAnswers({
    queries,
    gaps: () => Promise.resolve(gaps),
    begin: () => Promise.resolve(null),
    timeoutMs: 5000,
    now: () => Date.now() / 1000,
  });
}

/** Tasks `t0`, `t1` and so on, newest first; every third one failed. */
export function numberedTasks(count: number): TaskBody[] {
  return Array.from({ length: count }, (_, i) =>
    toTaskBody(sampleTask({ uuid: `t${i}`, received: 10_000 - i, state: i % 3 === 0 ? 'FAILURE' : 'SUCCESS' }), []),
  );
}
