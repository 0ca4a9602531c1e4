import type { Locator } from 'playwright-core';
import { expect, it } from 'vitest';
import type { Journey } from './journey.ts';

export function brushToSearch(journey: Journey): void {
  const { site } = journey;
  const asked = () => new URL(site.page.url()).searchParams.get('q');

  /** Over a part of a chart's width, from 0 to 1; the query of the page afterwards. Answers draw charts anew, even under a brush. */
  async function brush(chart: Locator, from: number, to: number): Promise<string> {
    const area = (await chart.boundingBox()) ?? expect.fail('There is no chart');
    const y = area.y + area.height / 2;
    await site.page.mouse.move(area.x + area.width * from, y);
    await site.page.mouse.down();
    await site.page.mouse.move(area.x + area.width * to, y, { steps: 5 });
    await site.page.mouse.up();
    return site.page.evaluate<string>('decodeURIComponent(location.search)');
  }

  it('a stretch brushed on a chart of the overview is zoomed to, and leads to the tasks of that time', async () => {
    const { page } = site;
    await site.open('/');
    await page.locator(`[data-failure="${journey.failed}"]`).waitFor();
    // To the end of the chart, where the failure is.
    const chart = page.getByRole('figure', { name: 'Failures' }).locator('.u-over');
    await expect.poll(() => brush(chart, 0.6, 0.999)).toMatch(/^\?from=\d+&to=\d+$/);
    const { searchParams } = new URL(page.url());
    expect(Number(searchParams.get('to'))).toBeGreaterThan(Number(searchParams.get('from')));
    await page.getByRole('link', { name: 'Tasks of this time' }).click();
    await page.waitForURL('**/tasks?q=received*');
    expect(asked()).toMatch(/^received:\S+\.\.\S+$/);
    await page.goBack();
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
    expect(site.problems).toEqual([]);
  });

  it('a stretch brushed over the list is searched, and Back takes that back', async () => {
    const { page } = site;
    await site.open('/tasks');
    await page.getByRole('button', { name: 'Time range: All time' }).click();
    await page.getByRole('button', { name: 'Last 15 minutes' }).click();
    await expect.poll(asked).toBe('received:>15m');
    await site.rowOf(journey.failed).waitFor();
    const chart = page.locator('.chart .u-over');
    await expect.poll(() => brush(chart, 0.1, 0.4)).toMatch(/^\?q=received:\S+Z\.\.<\S+Z$/);
    // The shop had not begun then.
    await page.getByRole('heading', { name: 'No task matches' }).waitFor();
    await page.goBack();
    await expect.poll(asked).toBe('received:>15m');
    await site.rowOf(journey.failed).waitFor();
    expect(site.problems).toEqual([]);
  });
}
