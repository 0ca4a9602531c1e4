import { describe, expect, it } from 'vitest';
import { makeVhost } from '../helpers/rabbitmq.ts';
import { findBarriers } from '../helpers/accessibility.ts';
import { toRedisUrl, Website } from '../helpers/website.ts';

/** What went wrong on Friday: a whole order, of which one part is for a shop that sells no orchids. */
const orderGoneWrong = `
import shop
from celery import chain
print(chain(shop.count.si(1), shop.reserve.si("orchid", count=2)).apply_async().id)
`;

/** From the list to the failure, what went wrong, and the same again with what should have been there. */
async function findAndRunAgain(site: Website, failed: string): Promise<void> {
  const { page } = site;
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
}

describe('on RabbitMQ', () => {
  let failed: string;
  const site = new Website(
    'incident@rabbitmq',
    async () => {
      const vhost = await makeVhost('incident');
      return { broker: vhost.url, isOpen: true, end: () => vhost.remove() };
    },
    async () => {
      failed = await site.run(orderGoneWrong);
    },
  );

  it('Friday’s failure is found, read and run again', () => findAndRunAgain(site, failed));
});

describe('on Redis', () => {
  let failed: string;
  const broker = () => toRedisUrl(14);
  const site = new Website(
    'incident@redis',
    () => ({ broker: broker(), isOpen: true, args: ['--result-backend', broker()] }),
    async () => {
      failed = await site.run(orderGoneWrong);
    },
  );

  it('Friday’s failure is found, read and run again', () => findAndRunAgain(site, failed));

  it('what the task came from is one click away, in its workflow', async () => {
    const { page } = site;
    await site.open(`/task/${failed}`);
    const graph = page.getByRole('region', { name: 'Workflow' });
    await graph.locator(`[data-node="${failed}"][aria-current="page"]`).waitFor();
    await graph.getByRole('link', { name: /^shop\.reports\.count: Success/ }).click();
    await page.getByRole('heading', { name: 'shop.reports.count' }).waitFor();
    await graph.locator(`[data-node="${failed}"][data-tone="failure"]`).waitFor();
    expect(site.problems).toEqual([]);
  });

  it('a task that waits is revoked, and one asked to abort says what came of it', async () => {
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

  it('nothing on these pages is a serious barrier, by day and by night', async () => {
    const { page } = site;
    await site.open('/tasks');
    await site.rowOf(failed).waitFor();
    await page.locator('[data-facet]').first().waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await page.getByRole('button', { name: 'Columns' }).click();
    expect(await findBarriers(page)).toEqual([]);
    await site.open(`/task/${failed}`);
    await page.getByRole('region', { name: 'Workflow' }).waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await page.getByRole('button', { name: 'Run again…' }).click();
    await page.getByRole('dialog').waitFor();
    expect(await findBarriers(page)).toEqual([]);
  });

  it('a server that is read-only shows the failure, and says that nothing can be changed', async () => {
    const { page } = site;
    await site.server.stop();
    await site.start(['--read-only']);
    await site.open('/tasks?q=state%3AFAILURE+args%3Aorchid');
    await site.rowOf(failed).getByRole('link', { name: 'shop.stock.reserve' }).click();
    await page.getByText('Herbarium is read-only here').waitFor();
    expect(await page.getByRole('button', { name: 'Run again…' }).isDisabled()).toBe(true);
    expect(site.problems).toEqual([]);
  });
});
