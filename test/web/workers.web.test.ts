import type { Locator } from 'playwright-core';
import { expect, it } from 'vitest';
import { findFreePorts } from '../../scripts/services/ports.ts';
import { findBarriers } from '../helpers/accessibility.ts';
import { toRedisUrl, Website } from '../helpers/website.ts';

const workerName = 'controls@test';

// The port stays the same over a restart, and so does the open page.
const site = new Website(workerName, async () => {
  const [port = 0] = await findFreePorts(1);
  return { broker: toRedisUrl(12), isOpen: true, args: ['--port', String(port)] };
});

const openTab = (tab: string) => site.open(`/worker/${workerName}?tab=${tab}`);
const button = (name: string): Locator => site.page.getByRole('button', { name, exact: true });
const answer = (): Locator => site.page.locator('[data-outcome]');

/** What the last order came to, in the worker's words. */
async function readAnswer(): Promise<[outcome: string | null, said: string | null]> {
  await answer().waitFor();
  return [await answer().getAttribute('data-outcome'), await answer().textContent()];
}

async function confirm(name: string): Promise<void> {
  await site.page.getByRole('dialog').getByRole('button', { name, exact: true }).click();
}

it('a worker is told to change its pool, and says what came of it', async () => {
  const { page } = site;
  await site.open('/workers');
  await page.locator(`[data-worker="${workerName}"]`).getByRole('link', { name: workerName }).click();
  await page.getByRole('heading', { name: workerName }).waitFor();
  const size = page.locator('[data-tab="pool"] dd').first();
  /** As the worker says now: on a busy machine it may not have answered in time before. */
  const ask = async (): Promise<number> => {
    await button('Ask it now').click();
    await button('Ask it now').waitFor();
    return Number(await size.textContent());
  };
  await expect.poll(ask, { timeout: 30_000 }).toBeGreaterThan(0);
  const before = await ask();
  await button('Grow').click();
  expect(await readAnswer()).toEqual(['done', expect.stringContaining("Growing 'controls@test' worker's pool by 1")]);
  await expect.poll(ask, { timeout: 30_000 }).toBe(before + 1);
  await button('Shrink').click();
  await page.getByText("Shrinking 'controls@test' worker's pool by 1").waitFor();
  await expect.poll(ask, { timeout: 30_000 }).toBe(before);

  await button('Autoscale').click();
  await page.getByText('Autoscale not enabled').waitFor();
  expect(await answer().getAttribute('data-outcome')).toBe('refused');

  await button('Restart pool').click();
  await confirm('Cancel');
  expect(await answer().textContent()).toContain('Autoscale not enabled');
  await button('Restart pool').click();
  await confirm('Restart the pool');
  await page.getByText('Pool restarts not enabled').waitFor();
});

it('a worker is told which queues to take from, and how much of a task', async () => {
  const { page } = site;
  await openTab('queues');
  const extra = page.locator('[data-queue="extra"]');
  await page.getByLabel('Queue', { exact: true }).fill('extra');
  await button('Add').click();
  expect(await readAnswer()).toEqual(['done', expect.stringContaining('add consumer extra')]);
  await extra.waitFor();
  await button('Stop consuming extra').click();
  await confirm('Stop consuming');
  await page.getByText('no longer consuming from extra').waitFor();
  await extra.waitFor({ state: 'detached' });

  await page.getByRole('link', { name: 'Tasks', exact: true }).last().click();
  const row = page.locator('[data-registered="shop.reports.count"]');
  await button('Limits of shop.reports.count').click();
  await page.getByLabel('Rate', { exact: true }).fill('10/m');
  await button('Set rate limit').click();
  await page.getByText('new rate limit set successfully').waitFor();
  await row.getByText('10/m').waitFor();
  await page.getByLabel('Hard', { exact: true }).fill('60');
  await button('Set time limits').click();
  await page.getByText('time limits set successfully').waitFor();
  await page.getByLabel('Rate', { exact: true }).fill('often');
  await button('Set rate limit').click();
  await page.locator('[data-outcome="refused"]').waitFor();
});

it('a task that a worker has in hand is revoked there', async () => {
  const waiting = await site.send('shop.parcels.pick_up', ['P1'], { options: { countdown: 3600 } });
  await openTab('held');
  const row = site.page.locator(`[data-held="${waiting}"]`);
  await row.getByText('Scheduled').waitFor();
  await row.getByRole('button', { name: /^Revoke/ }).click();
  await confirm('Revoke');
  expect(await readAnswer()).toEqual(['done', expect.stringContaining(`Revoked '${waiting}'`)]);
});

it('nothing on a worker’s page is a serious barrier, nor wider than a telephone, by day and by night', async () => {
  for (const tab of ['pool', 'tasks', 'held', 'queues', 'statistics', 'configuration', 'system']) {
    await openTab(tab);
    await site.page.locator(`[data-tab="${tab}"]`).waitFor();
    if (tab === 'pool' || tab === 'tasks') expect(await findBarriers(site.page), tab).toEqual([]);
    await site.page.setViewportSize({ width: 390, height: 844 });
    const excess = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
    await expect.poll(() => site.page.evaluate<number>(excess), { message: tab }).toBe(0);
    await site.page.setViewportSize({ width: 1440, height: 900 });
  }
  await openTab('pool');
  await button('Restart pool').click();
  expect(await findBarriers(site.page), 'the question before an order').toEqual([]);
  await confirm('Cancel');
  expect(site.problems).toEqual([]);
});

it('a page goes on over a restart, and nothing can be changed from it when the server may only read', async () => {
  const { page } = site;
  await openTab('pool');
  await page.locator('[data-tab="pool"]').waitFor();
  expect(await button('Grow').isEnabled()).toBe(true);
  await site.server.kill();
  await page.locator('[data-notice="server"]').waitFor();
  await site.start(['--read_only']);
  await page.locator('[data-notice="server"]').waitFor({ state: 'detached' });
  await page
    .locator('[data-tab="pool"]')
    .getByText(/read-only here/)
    .waitFor();
  expect(await button('Grow').isEnabled()).toBe(false);
  expect(await button('Shut down').isEnabled()).toBe(false);
  await page.getByText('Read-only', { exact: true }).waitFor();
  await site.server.kill();
  await site.start();
  await expect.poll(() => button('Grow').isEnabled(), { timeout: 30_000 }).toBe(true);
});

it('a worker is shut down, and what it said of itself stays', async () => {
  const { page } = site;
  await openTab('configuration');
  await button('Shut down').click();
  await confirm('Shut down');
  expect(await readAnswer()).toEqual(['done', expect.stringContaining('Shutting down!')]);
  await page.getByText('Not alive', { exact: true }).waitFor();
  await page.reload();
  await page.getByText('it is not alive now').waitFor();
  await page.locator('[data-tab="configuration"]').getByText('task_default_queue').waitFor();

  await site.open('/worker/nobody@nowhere');
  await page.getByRole('heading', { name: 'No such worker is known' }).waitFor();
});
