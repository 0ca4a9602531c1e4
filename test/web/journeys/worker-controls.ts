import type { Locator } from 'playwright-core';
import { expect, it } from 'vitest';
import type { Journey } from './journey.ts';

export function workerControls(journey: Journey): void {
  const { site, workerName } = journey;
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
    expect(await readAnswer()).toEqual(['done', expect.stringContaining(`Growing '${workerName}' worker's pool by 1`)]);
    await expect.poll(ask, { timeout: 30_000 }).toBe(before + 1);
    await button('Shrink').click();
    await page.getByText(`Shrinking '${workerName}' worker's pool by 1`).waitFor();
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
}
