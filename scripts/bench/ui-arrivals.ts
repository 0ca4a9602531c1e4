/** How pages that stay open bear what a busy cluster sends: do they answer to keys, and does their heap stay flat. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { toQuantiles, toTenths, type Quantiles } from './quantiles.ts';
import type { PagePlan } from './ui-load.ts';
import { longTaskMs, openPage, readLongTasks, whenPainted, type OpenedPage, type Timed } from './ui-pages.ts';

export interface ArrivalFigures {
  page: string;
  /** From a key to the next frame, once a second. */
  key_ms: Quantiles;
  long_tasks: number;
  long_task_max_ms: number;
  /** After a collection of garbage: at the beginning, then each minute. */
  heap_mb_by_minute: number[];
  dom_nodes_by_minute: number[];
  listeners_by_minute: number[];
}

/** Nothing happens on it, but the page has to hear it. */
const harmlessKey = 'Shift';
const keyEveryMs = 1000;
/** Until lists are full and charts have been drawn: what comes after counts. */
const settleMs = 10_000;
/** After a look at the heap, which stops the page: what it held up is not the page's fault. */
const afterLookMs = 1000;

export async function measureArrivals(
  browser: Browser,
  url: string,
  plans: readonly PagePlan[],
  minutes: number,
): Promise<ArrivalFigures[]> {
  const watched: WatchedPage[] = [];
  for (const plan of plans) watched.push(await watch(browser, url, plan));
  await sleep(settleMs);
  for (const each of watched) await each.begin();
  const startedMs = performance.now();
  for (let minute = 1; minute <= minutes; minute++) {
    while (performance.now() - startedMs < minute * 60_000) {
      const nextMs = performance.now() + keyEveryMs;
      for (const each of watched) await each.page.keyboard.press(harmlessKey);
      await sleep(Math.max(0, nextMs - performance.now()));
    }
    for (const each of watched) await each.look();
  }
  return Promise.all(watched.map((each) => each.end()));
}

async function watch(browser: Browser, url: string, { name, path, isThere }: PagePlan): Promise<WatchedPage> {
  const opened = await openPage(browser);
  await opened.page.goto(new URL(path, url).href);
  await whenPainted(opened.page, isThere);
  const session = await opened.page.context().newCDPSession(opened.page);
  await session.send('Performance.enable');
  return new WatchedPage(name, opened, session);
}

class WatchedPage {
  readonly page: Page;
  readonly #looks: { heapMb: number; nodes: number; listeners: number }[] = [];
  /** When somebody looked: then the page stood still. */
  readonly #pauses: { from: number; to: number }[] = [];
  #beganAt = 0;

  constructor(
    readonly name: string,
    readonly opened: OpenedPage,
    readonly session: CDPSession,
  ) {
    this.page = opened.page;
  }

  async begin(): Promise<void> {
    await this.page.evaluate('probe.watchKeys()');
    await this.look();
    this.#beganAt = await this.#now();
  }

  async look(): Promise<void> {
    const from = await this.#now();
    await this.session.send('HeapProfiler.collectGarbage');
    const { metrics } = await this.session.send('Performance.getMetrics');
    const valueOf = (wanted: string): number => metrics.find(({ name }) => name === wanted)?.value ?? NaN;
    this.#looks.push({
      heapMb: toTenths(valueOf('JSHeapUsedSize') / 1e6),
      nodes: valueOf('Nodes'),
      listeners: valueOf('JSEventListeners'),
    });
    this.#pauses.push({ from, to: (await this.#now()) + afterLookMs });
  }

  async end(): Promise<ArrivalFigures> {
    const delays = (await this.page.evaluate<Timed[]>('probe.delays')).filter((each) => this.#isOurs(each));
    const longTasks = (await readLongTasks(this.page)).filter((each) => this.#isOurs(each));
    await this.opened.close();
    return {
      page: this.name,
      key_ms: toQuantiles(delays.map(({ ms }) => ms)),
      long_tasks: longTasks.filter(({ ms }) => ms > longTaskMs).length,
      long_task_max_ms: Math.max(0, ...longTasks.map(({ ms }) => ms)),
      heap_mb_by_minute: this.#looks.map(({ heapMb }) => heapMb),
      dom_nodes_by_minute: this.#looks.map(({ nodes }) => nodes),
      listeners_by_minute: this.#looks.map(({ listeners }) => listeners),
    };
  }

  #now(): Promise<number> {
    return this.page.evaluate<number>('performance.now()');
  }

  #isOurs({ at, ms }: Timed): boolean {
    return at >= this.#beganAt && !this.#pauses.some(({ from, to }) => at < to && at + ms > from);
  }
}
