import { expect, it } from 'vitest';
import type { Journey } from './journey.ts';

export function brokerGoesAwayAndReturns(journey: Journey): void {
  const { site } = journey;

  it('every page says why and since when, until it is there again', async () => {
    const { page } = site;
    await site.open('/tasks');
    await page.getByText('Live', { exact: true }).waitFor();
    const notice = page.locator('[data-notice^="broker"]');
    let missed: string;
    await journey.cutWire();
    try {
      await notice.waitFor();
      expect(await notice.textContent()).toMatch(/Not connected to (redis|amqp):\/\/.+For \d+ s: \S+/);
      expect(await notice.textContent()).not.toContain('guest:guest');
      await page.getByText('No broker', { exact: true }).waitFor();
      await page.keyboard.press('g');
      await page.keyboard.press('o');
      await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
      expect(await notice.count()).toBe(1);
      missed = await site.send('shop.reports.count', [4]);
    } finally {
      await journey.mendWire();
    }
    await notice.waitFor({ state: 'detached', timeout: 60_000 });
    await page.getByText('Live', { exact: true }).waitFor();
    await site.untilConnected();

    const after = await site.send('shop.greetings.say', ['after the broker']);
    await page.locator(`[data-failure="${after}"]`).waitFor();
    await page.goBack();
    await site.rowOf(after).waitFor();
    if (journey.isKept) {
      await site.rowOf(missed).locator('[data-state="SUCCESS"]').waitFor();
      expect(await page.locator('[data-notice^="gap"]').count()).toBe(0);
    } else {
      await page.locator('[data-notice^="gap"]').first().waitFor();
      await page.locator('tr.gap').first().waitFor();
    }
    // Of the queues nobody could be asked meanwhile.
    expect(site.problems.filter((problem) => !problem.includes('503'))).toEqual([]);
  });
}
