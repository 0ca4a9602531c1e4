import { expect, it } from 'vitest';
import type { Journey } from './journey.ts';

export function findAndRunAgain(journey: Journey): void {
  const { site } = journey;

  it('it is found by its arguments, read, and run again with what should have been there', async () => {
    const { page } = site;
    const { failed } = journey;
    await site.open('/tasks');
    await site.rowOf(failed).locator('[data-state="FAILURE"]').waitFor();
    await page.getByRole('combobox', { name: 'Search tasks' }).fill('state:FAILURE args:orchid received:>7d');
    await page.locator('[data-total]').getByText('1 task', { exact: true }).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Enter');
    await page.locator('main h1').click();
    // By keyboard: down to the row, and in.
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/task/${failed}`);

    const traceback = page.getByRole('region', { name: 'Traceback' });
    await traceback.getByText("KeyError: 'orchid'").waitFor();
    expect(await traceback.locator('.own').textContent()).toContain('find_shelf');
    expect(await traceback.locator('details').first().textContent()).toMatch(/frames? in celery/);
    expect(await page.locator('[data-field="kwargs"] .tree').textContent()).toContain('count');
    await page.locator('[data-attempt="1"] .run').waitFor();

    await page.getByRole('button', { name: 'Run again…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Run this task again?' });
    await dialog.getByLabel('Arguments JSON', { exact: true }).fill('["orchid"');
    await dialog.getByText('This is no JSON').waitFor();
    expect(await dialog.getByRole('button', { name: 'Run again' }).isDisabled()).toBe(true);
    await dialog.getByLabel('Arguments JSON', { exact: true }).fill('["rose"]');
    await dialog.getByRole('button', { name: 'Run again' }).click();
    await dialog.locator('[data-answer="done"]').waitFor();
    await dialog.getByRole('link', { name: 'Open the new task' }).click();
    await page.locator('main [role="status"] [data-state="SUCCESS"]').waitFor();
    await page.locator('[data-field="args"] .tree', { hasText: 'rose' }).waitFor();
    await page.getByText('It runs', { exact: false }).getByRole('link').click();
    await page.waitForURL(`**/task/${failed}`);
    await page.getByText('It was run again as').waitFor();
    // The new task's page was there before its first event.
    expect(site.problems.filter((problem) => !problem.includes('404'))).toEqual([]);
  });

  it('what it came from is one click away, in its workflow', async () => {
    const { page } = site;
    const { failed } = journey;
    await site.open(`/task/${failed}`);
    const graph = page.getByRole('region', { name: 'Workflow' });
    await graph.locator(`[data-node="${failed}"][aria-current="page"]`).waitFor();
    await graph.getByRole('link', { name: /^shop\.reports\.count: Success/ }).click();
    await page.getByRole('heading', { name: 'shop.reports.count' }).waitFor();
    await graph.locator(`[data-node="${failed}"][data-tone="failure"]`).waitFor();
    expect(site.problems).toEqual([]);
  });

  it('one that waits is revoked, and one asked to abort says what came of it', async () => {
    const { page } = site;
    const waiting = await site.send('shop.parcels.pick_up', ['P1'], { options: { countdown: 3600 } });
    await site.open('/tasks');
    await site.rowOf(waiting).getByRole('link', { name: 'shop.parcels.pick_up' }).click();
    await page.locator('main [role="status"] [data-state="RECEIVED"]').waitFor();
    await page.getByRole('button', { name: 'Abort…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Abort' }).click();
    await page.getByText(`Aborted '${waiting}'`).waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'Revoke…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByText(`Revoked '${waiting}'`).waitFor();
    expect(site.problems).toEqual([]);
  });
}
