import type { Locator } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { findFreePorts } from '../../scripts/services/ports.ts';
import { toRedisUrl, Website } from '../helpers/website.ts';

const workerName = 'pages@test';

// The port stays the same over a restart, and so does the open page.
const site = new Website(workerName, async () => {
  const [port = 0] = await findFreePorts(1);
  return { broker: toRedisUrl(11), args: ['--port', String(port)] };
});

const stateOf = (uuid: string, state: string): Locator => site.rowOf(uuid).locator(`[data-state="${state}"]`);
const readAll = async (selector: string, attribute: string): Promise<(string | null)[]> =>
  Promise.all((await site.page.locator(selector).all()).map((element) => element.getAttribute(attribute)));
const states = async () => [...new Set(await readAll('tr[data-task] [data-state]', 'data-state'))];

describe('the tasks of real workers', () => {
  it('appear on the list by themselves, and change there', async () => {
    await site.open('/tasks');
    await site.page.getByRole('heading', { name: 'Tasks' }).waitFor();
    await site.page.getByText('Live', { exact: true }).waitFor();
    const succeeded = await site.send('shop.reports.count', [5]);
    const failed = await site.send('shop.greetings.say', ['hello world']);
    await stateOf(failed, 'FAILURE').waitFor();
    await site.rowOf(succeeded).waitFor();
    expect(await site.rowOf(failed).textContent()).toContain("ValueError('hello world')");
    expect(await site.rowOf(failed).textContent()).toContain(workerName);
    expect(site.problems).toEqual([]);
  });

  it('are all seen, by the count of their worker', async () => {
    await site.send('shop.reports.count', [5]);
    // A worker tells with its next heartbeat what it began, and the page asks once a minute.
    const look = async (): Promise<string | null> => {
      await site.open('/workers');
      const seen = site.page.locator(`[data-worker="${workerName}"] [data-seen]`);
      await seen.getByText('%').waitFor({ timeout: 30_000 });
      return seen.getAttribute('data-seen');
    };
    await expect.poll(() => look().catch(String), { timeout: 30_000 }).toBe('100 %');
    expect(await site.page.getByTitle(/^Saw (\d+) of \1 tasks? that it began/).count()).toBe(1);
    expect(site.problems).toEqual([]);
  });

  it('lead to a page each, with its events in order and its traceback', async () => {
    const uuid = await site.send('shop.greetings.say', ['hello world']);
    await site.open('/tasks');
    await site.rowOf(uuid).getByRole('link', { name: 'shop.greetings.say' }).click();
    await site.page.getByRole('heading', { name: 'shop.greetings.say' }).waitFor();
    expect(new URL(site.page.url()).pathname).toBe(`/task/${uuid}`);
    await site.page.locator('[data-event="task-failed"]').waitFor();
    const types = await readAll('[data-event]', 'data-event');
    // A client makes its event after it has sent the task: on a busy machine the worker may be done by then.
    expect(types).toContain('task-sent');
    expect(types.filter((type) => type !== 'task-sent')).toEqual(['task-received', 'task-started', 'task-failed']);
    expect(await site.page.getByRole('region', { name: 'Traceback' }).textContent()).toContain(
      'ValueError: hello world',
    );
    expect(await site.page.locator('[data-step="ended"]').textContent()).toContain('Failed');
    expect(site.problems).toEqual([]);
  });

  it('are watched on their own page until they end', async () => {
    const uuid = await site.send('shop.reports.count', [3], { options: { countdown: 3 } });
    await site.open(`/task/${uuid}`);
    await site.page.locator('main [role="status"] [data-state="RECEIVED"]').waitFor();
    await site.page.locator('main [role="status"] [data-state="SUCCESS"]').waitFor();
    await site.page.locator('[data-event="task-succeeded"]').waitFor();
    expect(await site.page.getByRole('region', { name: 'Result' }).textContent()).toBe('21');
  });

  it('are counted, and do not move the list, while its reader points at it', async () => {
    await site.open('/tasks');
    await site.page.locator('tr[data-task]').first().hover();
    const first = await site.page.locator('tr[data-task]').first().getAttribute('data-task');
    const uuid = await site.send('shop.reports.count', [7]);
    const button = site.page.getByRole('button', { name: /\d new/ });
    await button.waitFor();
    expect(await site.page.locator('tr[data-task]').first().getAttribute('data-task')).toBe(first);
    await button.click();
    await site.rowOf(uuid).waitFor();
    await button.waitFor({ state: 'detached' });
  });
});

it('keeps a filter in the address, over a reload and Back', async () => {
  const failures = '?q=state%3AFAILURE';
  await site.open('/tasks');
  await site.page.locator('tr[data-task] [data-state="SUCCESS"]').first().waitFor();
  await site.page.getByRole('link', { name: 'Failure', exact: true }).click();
  await site.page.locator('tr[data-task] [data-state="SUCCESS"]').first().waitFor({ state: 'detached' });
  await site.page.locator('tr[data-task]').first().waitFor();
  expect(await states()).toEqual(['FAILURE']);
  expect(new URL(site.page.url()).search).toBe(failures);

  await site.page.reload();
  await site.page.locator('tr[data-task]').first().waitFor();
  expect(await states()).toEqual(['FAILURE']);

  await site.page.locator('[data-facet="name:shop.greetings.say"]').click();
  await site.page.waitForURL('**/tasks?q=state%3AFAILURE+name%3Ashop.greetings.say');
  await site.page.locator('tr[data-task] .name a').first().click();
  await site.page.waitForURL('**/task/*');
  await site.page.goBack();
  await site.page.locator('tr[data-task]').first().waitFor();
  expect(new URL(site.page.url()).search).toBe(`${failures}+name%3Ashop.greetings.say`);
  await site.page.goBack();
  await site.page.goBack();
  await site.page.locator('tr[data-task] [data-state="SUCCESS"]').first().waitFor();
  expect(new URL(site.page.url()).search).toBe('');
  expect(site.problems).toEqual([]);
});

it('says of an unknown task, and of an unknown page, that they are not there', async () => {
  await site.open('/task/no-such-task');
  await site.page.getByRole('heading', { name: 'This task is not kept here' }).waitFor();
  await site.open('/no-such-page');
  await site.page.getByRole('heading', { name: 'There is no such page' }).waitFor();
});

it('describes the API, and asks it what the reader fills in', async () => {
  await site.open('/docs');
  const request = site.page.locator('#readStatus');
  await site.page.getByRole('searchbox', { name: 'Filter requests' }).fill('api/status');
  await site.page.locator('#listTasks').waitFor({ state: 'detached' });
  await request.getByText('Try it').click();
  await request.getByRole('button', { name: 'Ask' }).click();
  await request.getByText('"engine": "sqlite"').waitFor();
  expect(site.problems).toEqual([]);
});

it('fits a telephone: no page is wider than its screen', async () => {
  await site.page.setViewportSize({ width: 390, height: 844 });
  const task = await site.send('shop.catalogue.import_page', [
    1,
    Array.from({ length: 60 }, (_, i) => `line ${i} of the page`),
  ]);
  for (const [path, content] of [
    ['/tasks', `[data-task="${task}"]`],
    [`/task/${task}`, '[data-event]'],
    ['/workers', '[data-worker]'],
    ['/docs', '#listTasks'],
  ] as const) {
    await site.open(path);
    await site.page.locator(content).first().waitFor();
    const excess = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
    await expect.poll(() => site.page.evaluate<number>(excess), { message: path }).toBe(0);
  }
  expect(site.problems).toEqual([]);
});

it('shows the list as it was after a restart of the server, whose new pass it fetches without a reload', async () => {
  await site.open('/tasks');
  await site.page.locator('tr[data-task]').first().waitFor();
  await site.server.kill();
  await site.page.locator('[data-notice="server"]').waitFor();
  await site.start();
  await site.page.locator('[data-notice="server"]').waitFor({ state: 'detached' });
  await site.untilConnected();
  const uuid = await site.send('shop.greetings.say', ['after the restart']);
  await stateOf(uuid, 'FAILURE').waitFor();
});

it('shows a worker alive, and not alive after it was killed', async () => {
  await site.open('/workers');
  const card = site.page.locator(`[data-worker="${workerName}"]`);
  await card.getByText('Alive', { exact: true }).waitFor();
  expect(await card.textContent()).toMatch(/heartbeat \d s ago/);
  await site.worker.kill();
  await card.getByText('Not alive', { exact: true }).waitFor();
  expect(site.problems).toEqual([]);
});
