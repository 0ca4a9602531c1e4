/** What scrolling through a long list costs the page, by Chromium's own tracing. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { readTrace, traceCategories, type TraceFigures } from './trace.ts';
import { openPage, whenPainted } from './ui-pages.ts';

/** A wheel that is turned fast: 8,000 pixels, or some 145 rows, a second. */
const step = { pixels: 240, everyMs: 30 };

export async function measureScrolling(
  browser: Browser,
  url: string,
  rows: number,
): Promise<{ rows: number } & TraceFigures> {
  const { page, close } = await openPage(browser);
  await page.goto(new URL('/tasks', url).href);
  await whenPainted(page, `document.querySelector('tr[data-task]') && document.querySelector('[data-facet]')`);
  const list = (await page.locator('tbody').boundingBox())!;
  await page.mouse.move(list.x + list.width / 2, list.y + 200);
  await sleep(1000);
  await browser.startTracing(page, { categories: traceCategories });
  let reached = 0;
  while (reached < rows) {
    for (let i = 0; i < 10; i++) {
      await page.mouse.wheel(0, step.pixels);
      await sleep(step.everyMs);
    }
    reached = await lastRow(page);
  }
  const figures = readTrace(await browser.stopTracing());
  await close();
  return { rows: reached, ...figures };
}

function lastRow(page: Page): Promise<number> {
  return page.evaluate<number>(`Number([...document.querySelectorAll('tr[data-index]')].at(-1)?.dataset.index ?? 0)`);
}
