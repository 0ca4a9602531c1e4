import { expect, it } from 'vitest';
import { toRedisUrl, Website } from '../helpers/website.ts';

const workerName = 'overview@test';
let failed: string;

const site = new Website(
  workerName,
  () => ({ broker: toRedisUrl(15), isOpen: true }),
  async () => {
    failed = await site.send('shop.greetings.say', ['hello world']);
    await site.send('shop.reports.count', [3]);
  },
);

const path = () => new URL(site.page.url()).pathname;

/** The overview with both tasks on it. */
async function openOverview(query = ''): Promise<void> {
  const { page } = site;
  await site.open(`/${query}`);
  await expect
    .poll(() => page.locator('[data-figure="Tasks"] .value').textContent(), { timeout: 30_000 })
    .toMatch(/^[2-9]$/);
  await page.locator(`[data-failure="${failed}"]`).waitFor();
}

it('the overview shows what ran and failed, and each figure leads to its search', async () => {
  const { page } = site;
  await openOverview();
  const failures = page.locator('[data-figure="Failed"]');
  expect(await failures.textContent()).toMatch(/Failed\s*1\s/);
  await failures.click();
  await page.locator(`[data-task="${failed}"]`).waitFor();
  expect(new URL(page.url()).searchParams.get('q')).toBe('state:FAILURE received:>24h');
  await page.goBack();
  await page.locator(`[data-failure="${failed}"]`).getByRole('link').click();
  await page.getByRole('heading', { name: 'shop.greetings.say' }).waitFor();
  await page.goBack();
  await page.locator('[data-figure="Workers alive"]').click();
  await page.locator(`[data-worker="${workerName}"]`).waitFor();
  expect(site.problems).toEqual([]);
});

it('the first page needs few files', async () => {
  const files: string[] = [];
  site.page.on('request', (request) => {
    if (!['fetch', 'websocket'].includes(request.resourceType())) files.push(request.url());
  });
  await openOverview();
  expect(files.length, files.join('\n')).toBeLessThanOrEqual(8);
});

it('keys lead to each page, and the palette to workers, tasks and searches', async () => {
  const { page } = site;
  await openOverview();
  for (const [key, heading] of [
    ['w', 'Workers'],
    ['b', 'Broker'],
    ['e', 'Events'],
    ['t', 'Tasks'],
    ['o', 'Overview'],
  ] as const) {
    await page.keyboard.press('g');
    await page.keyboard.press(key);
    await page.getByRole('heading', { name: heading, level: 1 }).waitFor();
  }
  await page.keyboard.press('?');
  await page.getByRole('dialog').getByText('Search tasks').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });

  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: /^Go to/ }).fill('overview@');
  await page.getByRole('option', { name: workerName }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: workerName }).waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: /^Go to/ }).fill(failed);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'shop.greetings.say' }).waitFor();
  expect(path()).toBe(`/task/${failed}`);
  expect(site.problems).toEqual([]);
});

it('events come as they happen, wait while the log is paused, and can be narrowed', async () => {
  const { page } = site;
  await site.open('/events?kind=trouble');
  await page.getByText('Live', { exact: true }).waitFor();
  await page.getByText('Nothing has come yet').waitFor();
  const uuid = await site.send('shop.greetings.say', ['an event']);
  const row = page.locator('[data-event="task-failed"]');
  await row.waitFor();
  expect(await row.textContent()).toContain("ValueError('an event')");
  expect(await page.locator('[data-event]').count()).toBe(1);

  await page.getByRole('combobox', { name: 'Kind' }).selectOption('All events');
  await page.locator('[data-event="task-received"]').waitFor();
  expect(new URL(page.url()).search).toBe('');
  await page.getByRole('switch', { name: 'Pause' }).click();
  const shown = await page.locator('[data-event]').count();
  await site.send('shop.reports.count', [1]);
  await page.getByText(/Paused; [1-9]\d* more came since/).waitFor();
  expect(await page.locator('[data-event]').count()).toBe(shown);
  await page.getByRole('switch', { name: 'Go live' }).click();
  await expect.poll(() => page.locator('[data-event]').count(), { timeout: 30_000 }).toBeGreaterThan(shown);
  await row.getByRole('link', { name: 'shop.greetings.say' }).click();
  await page.waitForURL(`**/task/${uuid}`);
  expect(site.problems).toEqual([]);
});

it('the broker’s page shows its queues and who consumes them, the one about us what is kept', async () => {
  const { page } = site;
  await site.open('/broker');
  const queue = page.locator('[data-queue="mail"]');
  await queue.getByRole('link', { name: workerName }).waitFor();
  await page.locator('[data-broker="redis"]').getByText('Redis').waitFor();
  await site.open('/about');
  await page.getByText('SQLite', { exact: true }).waitFor();
  await page.getByText('for ever').waitFor();
  await page.getByRole('region', { name: 'Server' }).getByText('redis://').waitFor();
});

it('the page about us says why messages were put aside', async () => {
  const { page } = site;
  await site.untilConnected();
  await site.run(`
from celery.events.event import get_exchange
from kombu import Producer
from shop import app
with app.connection_for_write() as connection:
    Producer(connection, get_exchange(connection)).publish({}, routing_key='task.multi', serializer='pickle')`);
  await site.open('/');
  await page.getByRole('link', { name: '1 message could not be read' }).click();
  await page.locator('[data-reject]').getByText("Set event_serializer = 'json'").waitFor();
  expect(site.problems).toEqual([]);
});
