import { expect, it } from 'vitest';
import type { Journey } from './journey.ts';

export function restartAndContinue(journey: Journey): void {
  const { site } = journey;

  it('an open list goes on where it was, without a reload, and what it missed is there or named', async () => {
    const { page } = site;
    await site.open('/tasks');
    await site.rowOf(journey.failed).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    await site.server.kill();
    await page.locator('[data-notice="server"]').waitFor();
    const missed = await site.send('shop.reports.count', [2]);
    await site.start();
    await page.locator('[data-notice="server"]').waitFor({ state: 'detached' });
    await site.untilConnected();
    const after = await site.send('shop.greetings.say', ['after the restart']);
    await site.rowOf(after).locator('[data-state="FAILURE"]').waitFor();
    await site.rowOf(journey.failed).waitFor();
    if (journey.isKept) await site.rowOf(missed).locator('[data-state="SUCCESS"]').waitFor();
    else await page.locator('tr.gap').getByText('Nothing was seen from').first().waitFor();
  });

  it('a server that may only read goes on with an open page, which says that nothing can be changed', async () => {
    const { page } = site;
    await site.open(`/worker/${journey.workerName}?tab=pool`);
    const grow = page.getByRole('button', { name: 'Grow', exact: true });
    await page.locator('[data-tab="pool"]').waitFor();
    expect(await grow.isEnabled()).toBe(true);
    await site.server.kill();
    await page.locator('[data-notice="server"]').waitFor();
    await site.start(['--read-only']);
    await page.locator('[data-notice="server"]').waitFor({ state: 'detached' });
    const note = page.locator('[data-tab="pool"]').getByText(/read-only here/);
    await note.waitFor();
    expect(await grow.isEnabled()).toBe(false);
    expect(await page.getByRole('button', { name: 'Shut down', exact: true }).isEnabled()).toBe(false);
    await page.getByText('Read-only', { exact: true }).waitFor();

    await site.open('/tasks?q=state%3AFAILURE+args%3Aorchid');
    await site.rowOf(journey.failed).getByRole('link', { name: 'shop.stock.reserve' }).click();
    await page.getByText('Herbarium is read-only here').waitFor();
    const runAgain = page.getByRole('button', { name: 'Run again…' });
    expect(await runAgain.isDisabled()).toBe(true);
    await site.server.kill();
    await site.start();
    await expect.poll(() => runAgain.isEnabled()).toBe(true);
  });
}
