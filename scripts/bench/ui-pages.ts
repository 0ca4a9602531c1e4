/** Pages of a headless Chromium, as a new visitor opens them: an own profile each, with nothing kept. */
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';

/** A task of the page's main thread, or a key: when, and how long it took; milliseconds since the navigation began. */
export interface Timed {
  at: number;
  ms: number;
}

export interface OpenedPage {
  page: Page;
  close: () => Promise<void>;
}

export const longTaskMs = 50;
const viewport = { width: 1440, height: 900 };

/** A blank page with the probe in it; to be sent somewhere. */
export async function openPage(browser: Browser): Promise<OpenedPage> {
  const context = await browser.newContext({ viewport });
  await context.addInitScript({ path: join(import.meta.dirname, 'ui-probe.js') });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  return { page, close: () => context.close() };
}

/** When the first frame was drawn in which the expression, JavaScript of the page, holds. */
export function whenPainted(page: Page, expression: string): Promise<number> {
  return page.evaluate<number>(`probe.painted(() => ${expression})`);
}

export function readLongTasks(page: Page): Promise<Timed[]> {
  return page.evaluate<Timed[]>('probe.longTasks');
}
