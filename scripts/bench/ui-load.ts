/** How long a page takes from nothing to where it can be used, and what is loaded for it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { toTenths } from './quantiles.ts';
import { openPage, readLongTasks, whenPainted } from './ui-pages.ts';

export interface PagePlan {
  name: string;
  path: string;
  /** JavaScript of the page: what one came for is there. */
  isThere: string;
}

export interface LoadFigures {
  page: string;
  /** The very first one after the server's start. */
  first_interactive_ms: number;
  /** The medians and the worst of the loads after it. `interactive`: all is there, and no long task follows. */
  interactive_ms: number;
  interactive_max_ms: number;
  shown_ms: number;
  lcp_ms: number;
  long_task_max_ms: number;
  requests: number;
  kb: number;
}

interface Load {
  shownMs: number;
  interactiveMs: number;
  lcpMs: number;
  longestMs: number;
  requests: number;
  bytes: number;
}

/** As long as nothing may come any more. */
const quietMs = 1500;

export async function measureLoads(browser: Browser, url: string, plan: PagePlan, times: number): Promise<LoadFigures> {
  const first = await load(browser, url, plan);
  const loads: Load[] = [];
  for (let i = 0; i < times; i++) loads.push(await load(browser, url, plan));
  const median = (of: (load: Load) => number): number =>
    toTenths(loads.map(of).sort((a, b) => a - b)[Math.floor(loads.length / 2)]!);
  const most = (of: (load: Load) => number): number => toTenths(Math.max(...loads.map(of)));
  return {
    page: plan.name,
    first_interactive_ms: toTenths(first.interactiveMs),
    interactive_ms: median((each) => each.interactiveMs),
    interactive_max_ms: most((each) => each.interactiveMs),
    shown_ms: median((each) => each.shownMs),
    lcp_ms: median((each) => each.lcpMs),
    long_task_max_ms: most((each) => each.longestMs),
    requests: most((each) => each.requests),
    kb: most((each) => each.bytes / 1024),
  };
}

async function load(browser: Browser, url: string, { path, isThere }: PagePlan): Promise<Load> {
  const { page, close } = await openPage(browser);
  await page.goto(new URL(path, url).href, { waitUntil: 'commit' });
  const shownMs = await whenPainted(page, isThere);
  const { requests, bytes } = await page.evaluate<{ requests: number; bytes: number }>('probe.loaded()');
  await sleep(quietMs);
  const longTasks = await readLongTasks(page);
  const lcpMs = await page.evaluate<number>('probe.lcpMs');
  await close();
  return {
    shownMs,
    interactiveMs: Math.max(shownMs, ...longTasks.map(({ at, ms }) => at + ms)),
    lcpMs,
    longestMs: Math.max(0, ...longTasks.map(({ ms }) => ms)),
    requests,
    bytes,
  };
}
