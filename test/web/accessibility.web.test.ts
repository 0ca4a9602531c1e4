import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { findBarriers } from '../helpers/accessibility.ts';
import { toRedisUrl, Website } from '../helpers/website.ts';

/** A workflow with a failure in it, and a task that waits for an hour. */
const shop = `
import shop
from celery import chain
print(chain(shop.count.si(1), shop.reserve.si("orchid", count=2)).apply_async().id)
print(shop.app.send_task("shop.parcels.pick_up", ["P1"], countdown=3600).id)
`;

const workerName = 'barriers@test';
let failed: string;
let waiting: string;

const site = new Website(
  workerName,
  () => ({ broker: toRedisUrl(10), isOpen: true }),
  async () => {
    [failed = '', waiting = ''] = (await site.run(shop)).split('\n');
    const page = await site.openPage();
    await page.goto(`${site.server.url}/task/${waiting}`);
    await page.locator('main [role="status"] [data-state="RECEIVED"]').waitFor();
    await page.goto(`${site.server.url}/task/${failed}`);
    await page.locator('main [role="status"] [data-state="FAILURE"]').waitFor();
    await page.close();
  },
);

const heading = (name: string) => site.page.getByRole('heading', { name });
const worker = `/worker/${workerName}`;

/** `see`: when it is there. `then`: what is opened on it. */
interface View {
  at: () => string;
  see: (page: Page) => Promise<unknown>;
  then?: Record<string, Opened>;
}

interface Opened {
  open: (page: Page) => Promise<unknown>;
  /** Selector of what has come. */
  part: string;
}

const first = (selector: string) => (page: Page) => page.locator(selector).first().waitFor();
const tab = (name: string): View => ({ at: () => `${worker}?tab=${name}`, see: first(`[data-tab="${name}"]`) });

const dialog = 'dialog[open]';
const menu = ':popover-open';

/** A click on a button brings it. */
const by = (name: string, part: string): Opened => ({
  part,
  open: (page) => page.getByRole('button', { name, exact: true }).click(),
});

const views: Record<string, View> = {
  overview: {
    at: () => '/',
    see: (page) => page.locator(`[data-failure="${failed}"]`).waitFor(),
    then: {
      'the keys': { part: dialog, open: (page) => page.keyboard.press('?') },
      'the palette': {
        part: dialog,
        open: async (page) => {
          await page.keyboard.press('Escape');
          await page.keyboard.press('Control+k');
          await page.getByRole('combobox', { name: /^Go to/ }).fill('wor');
          await page.getByRole('option').first().waitFor();
        },
      },
      'how things are shown': {
        part: menu,
        open: async (page) => {
          await page.keyboard.press('Escape');
          await page.getByRole('button', { name: 'Display' }).click();
        },
      },
    },
  },
  tasks: {
    at: () => '/tasks',
    see: async (page) => {
      await site.rowOf(failed).waitFor();
      await first('[data-facet]')(page);
    },
    then: {
      'the columns': by('Columns', menu),
      'the export': by('Share', menu),
      'the time range': { part: menu, open: (page) => page.getByRole('button', { name: /^Time range/ }).click() },
      'a cell with its buttons': {
        part: 'td.name',
        open: async (page) => {
          await page.keyboard.press('Escape');
          await site.rowOf(failed).locator('td.name').hover();
          await page.getByRole('button', { name: /^Only name:/ }).waitFor();
        },
      },
      'what could be typed': {
        part: 'main',
        open: async (page) => {
          await page.getByRole('combobox', { name: 'Search tasks' }).fill('state:');
          await page.getByRole('option').first().waitFor();
        },
      },
      'a mistake': {
        part: 'main',
        open: async (page) => {
          await page.getByRole('combobox', { name: 'Search tasks' }).fill('runtime:long');
          await page.keyboard.press('Escape');
          await page.keyboard.press('Enter');
          await page.locator('#search-problem').waitFor();
        },
      },
    },
  },
  'tasks, none of which fits': { at: () => '/tasks?q=nowhere', see: () => heading('No task matches').waitFor() },
  'a failed task': {
    at: () => `/task/${failed}`,
    see: (page) => page.getByRole('region', { name: 'Workflow' }).waitFor(),
    then: { 'what it can be copied as': by('Copy as', menu), 'to run it again': by('Run again…', dialog) },
  },
  'a task that waits': {
    at: () => `/task/${waiting}`,
    see: first('[data-event]'),
    then: { 'to revoke it': by('Revoke…', dialog) },
  },
  'an unknown task': { at: () => '/task/none', see: () => heading('This task is not kept here').waitFor() },
  workers: { at: () => '/workers', see: first(`[data-worker="${workerName}"]`) },
  'a worker’s pool': { ...tab('pool'), then: { 'to restart it': by('Restart pool', dialog) } },
  'a worker’s tasks': { ...tab('tasks'), then: { limits: by('Limits of shop.reports.count', '[data-tab="tasks"]') } },
  'what a worker holds': { ...tab('held'), see: () => site.page.locator(`[data-held="${waiting}"]`).waitFor() },
  'a worker’s queues': tab('queues'),
  'a worker’s statistics': tab('statistics'),
  'a worker’s configuration': tab('configuration'),
  'a worker’s broker': tab('broker'),
  'a worker’s system': tab('system'),
  'an unknown worker': { at: () => '/worker/none@x', see: () => heading('No such worker is known').waitFor() },
  broker: { at: () => '/broker', see: first('[data-queue="mail"]') },
  events: { at: () => '/events', see: (page) => page.getByRole('heading', { name: 'Events', level: 1 }).waitFor() },
  about: { at: () => '/about', see: first('[data-covered]') },
  docs: {
    at: () => '/docs',
    see: first('#readStatus'),
    then: {
      'a request to try': {
        part: '#readStatus',
        open: (page) => page.locator('#readStatus').getByText('Try it').click(),
      },
    },
  },
  'no page': { at: () => '/nowhere', see: () => heading('There is no such page').waitFor() },
};

describe('nothing is a serious barrier by day or by night, nor wider than a telephone:', () => {
  it.each(Object.entries(views))('%s', async (_name, { at, see, then = {} }) => {
    const { page } = site;
    await site.open(at());
    await see(page);
    await page.setViewportSize({ width: 390, height: 844 });
    const excess = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
    await expect.poll(() => page.evaluate<number>(excess)).toBe(0);
    await page.setViewportSize({ width: 1440, height: 900 });
    expect(await findBarriers(page)).toEqual([]);
    for (const [what, { open, part }] of Object.entries(then)) {
      await open(page);
      await page.locator(part).first().waitFor();
      expect(await findBarriers(page, part), what).toEqual([]);
    }
  });

  it('the pages on a telephone', async () => {
    const { page } = site;
    await page.setViewportSize({ width: 390, height: 844 });
    await site.open('/tasks');
    await site.rowOf(failed).waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await page.getByRole('button', { name: 'Tasks', exact: true }).click();
    await page.getByRole('navigation').getByRole('link', { name: 'Broker' }).waitFor();
    expect(await findBarriers(page), 'the menu').toEqual([]);
  });
});
