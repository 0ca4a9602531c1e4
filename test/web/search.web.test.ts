import type { Locator } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { toRedisUrl, Website } from '../helpers/website.ts';

/** Id of the only failure there is. */
let failed: string;

const site = new Website(
  'search@test',
  () => ({ broker: toRedisUrl(13) }),
  async () => {
    for (let n = 1; n <= 3; n++) await site.send('shop.reports.count', [n]);
    failed = await site.send('shop.greetings.say', ['hello world']);
    const page = await site.openPage();
    await page.goto(`${site.server.url}/tasks`);
    await page.locator(`[data-task="${failed}"] [data-state="FAILURE"]`).waitFor();
    for (const n of [0, 1, 2]) await page.locator('tr [data-state="SUCCESS"]').nth(n).waitFor();
    await page.close();
  },
);

const rows = (): Locator => site.page.locator('tr[data-task]');
const box = (): Locator => site.page.getByRole('combobox', { name: 'Search tasks' });
const asked = () => new URL(site.page.url()).searchParams.get('q');
const states = () =>
  site.page.evaluate<string[]>(
    '[...new Set([...document.querySelectorAll("tr[data-task] [data-state]")].map((e) => e.dataset.state))]',
  );

async function openTasks(query = ''): Promise<void> {
  await site.open(`/tasks${query}`);
  await site.page.getByRole('heading', { name: 'Tasks' }).waitFor();
}

describe('the search box', () => {
  it('finds a failure by its arguments as one types, and Back takes that back', async () => {
    await openTasks();
    await expect.poll(() => rows().count()).toBe(4);
    await site.page.keyboard.press('/');
    await site.page.keyboard.type('state:FAILURE args:"hello world"');
    await expect.poll(() => rows().count()).toBe(1);
    expect(await rows().getAttribute('data-task')).toBe(failed);
    await site.page.locator('[data-total]').getByText('1 task', { exact: true }).waitFor();
    expect(asked()).toBe('state:FAILURE args:"hello world"');
    await site.page.goBack();
    await expect.poll(() => rows().count()).toBe(4);
    expect(await box().inputValue()).toBe('');
    expect(site.problems).toEqual([]);
  });

  it('points at the character that is wrong, and says what would be right', async () => {
    await openTasks();
    await box().fill('state:FAILURE runtime:long');
    await box().press('Escape');
    await box().press('Enter');
    const problem = site.page.locator('#search-problem');
    await problem.getByText("Invalid value 'long' of runtime").waitFor();
    expect(await problem.getAttribute('data-at')).toBe('22');
    expect(await problem.textContent()).toContain('a duration such as');
    expect(await box().getAttribute('aria-invalid')).toBe('true');
    const left = async (locator: Locator) => (await locator.boundingBox())?.x ?? NaN;
    const off = (await left(problem.locator('.mark'))) - (await left(site.page.locator('.ink .wrong').first()));
    expect(Math.abs(off)).toBeLessThan(2);
    await box().fill('state:FAILURE');
    await problem.waitFor({ state: 'detached' });
    await expect.poll(() => rows().count()).toBe(1);
  });

  it('offers what there is, to be chosen by keyboard', async () => {
    await openTasks();
    await box().fill('state:');
    const option = site.page.getByRole('option', { name: /^SUCCESS 3/ });
    await option.waitFor();
    await box().press('ArrowDown');
    expect(await option.getAttribute('aria-selected')).toBe('true');
    expect(await box().getAttribute('aria-activedescendant')).toBe(await option.getAttribute('id'));
    await box().press('Enter');
    await expect.poll(() => states()).toEqual(['SUCCESS']);
    expect(await box().inputValue()).toBe('state:SUCCESS ');
    expect(site.problems).toEqual([]);
  });
});

it('shows another person the same thing by its link, an old one too', async () => {
  await openTasks('?state=FAILURE&taskname=shop.greetings.say');
  await expect.poll(() => rows().count()).toBe(1);
  expect(asked()).toBe('state:FAILURE name:shop.greetings.say');
  expect(await box().inputValue()).toBe('state:FAILURE name:shop.greetings.say');
  await site.page.getByRole('link', { name: 'Remove name:shop.greetings.say' }).click();
  await expect.poll(asked).toBe('state:FAILURE');
  expect(await box().inputValue()).toBe('state:FAILURE');
});

it('is narrowed down by facets: only these, all but these, and all again', async () => {
  await openTasks();
  const facet = site.page.locator('[data-facet="name:shop.reports.count"]');
  await facet.click();
  await expect.poll(() => rows().count()).toBe(3);
  await facet.click();
  await expect.poll(() => rows().count()).toBe(4);
  await facet.click({ modifiers: ['Alt'] });
  await expect.poll(() => rows().count()).toBe(1);
  expect(asked()).toBe('-name:shop.reports.count');
  await facet.click();
  await expect.poll(() => rows().count()).toBe(4);
  expect(site.problems).toEqual([]);
});

it('is ordered by a column’s head, and exported as it is', async () => {
  await openTasks('?q=state%3ASUCCESS');
  await expect.poll(() => rows().count()).toBe(3);
  await site.page.getByRole('button', { name: 'Run time' }).click();
  await expect.poll(asked).toBe('state:SUCCESS sort:-runtime');
  await site.page.locator('th[aria-sort="descending"]', { hasText: 'Run time' }).waitFor();
  await site.page.getByRole('button', { name: 'Share' }).click();
  const downloaded = site.page.waitForEvent('download');
  await site.page.getByRole('link', { name: /^NDJSON/ }).click();
  const text = await new Response((await (await downloaded).createReadStream()) as never).text();
  expect(text.trim().split('\n')).toHaveLength(3);
  expect(site.problems).toEqual([]);
});

it('announces what fits and came later, instead of moving the list', async () => {
  await openTasks('?q=exception%3Alater');
  await site.page.getByRole('heading', { name: 'No task matches' }).waitFor();
  const uuid = await site.send('shop.greetings.say', ['later']);
  await site.page.getByRole('button', { name: '1 new' }).click();
  await site.page.locator(`[data-task="${uuid}"]`).waitFor();
  expect(site.problems).toEqual([]);
});

it('has its first page in eight requests', async () => {
  // A path that is asked for again is the page following what happens.
  const requests = new Set<string>();
  site.page.on('request', (request) => requests.add(new URL(request.url()).pathname));
  await openTasks('?q=state%3AFAILURE');
  await rows().first().waitFor();
  await site.page.locator('[data-facet]').first().waitFor();
  expect(requests.size, [...requests].join('\n')).toBeLessThanOrEqual(8);
});

describe('the table', () => {
  /** In the title of 400 tasks; empty: they are still to be sent. */
  let many = '';
  const headings = () => site.page.locator('thead th').allTextContents();

  it('has the columns that its reader chose, in that order, also for whoever gets the link', async () => {
    await openTasks();
    await rows().first().waitFor();
    expect((await headings()).map((text) => text.trim())).toEqual([
      'State',
      'Task',
      'Arguments and outcome',
      'Worker',
      'Received',
      'Run time',
    ]);
    await site.page.getByRole('button', { name: 'Columns' }).click();
    await site.page.getByRole('checkbox', { name: 'Retries' }).check();
    await site.page.getByRole('checkbox', { name: 'Arguments and outcome' }).uncheck();
    await site.page.getByRole('button', { name: 'Worker: further left' }).click();
    const chosen = ['State', 'Worker', 'Task', 'Received', 'Run time', 'Retries'];
    expect((await headings()).map((text) => text.trim())).toEqual(chosen);
    await site.page.reload();
    await rows().first().waitFor();
    expect((await headings()).map((text) => text.trim())).toEqual(chosen);
    await openTasks('?columns=uuid,nonsense,state');
    await rows().first().waitFor();
    expect((await headings()).map((text) => text.trim())).toEqual(['Id', 'State']);
    expect(site.problems).toEqual([]);
  });

  it('has columns of the width that a pointer or an arrow key gives them', async () => {
    await openTasks();
    await rows().first().waitFor();
    const widthOf = async (id: string) => (await site.page.locator(`th.${id}`).boundingBox())?.width ?? NaN;
    const [name, call] = [await widthOf('name'), await widthOf('call')];
    const border = site.page.getByRole('separator', { name: 'Width of Task' });
    const box = (await border.boundingBox()) ?? expect.fail('There is no border');
    await site.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await site.page.mouse.down();
    await site.page.mouse.move(box.x + 60, box.y + box.height / 2, { steps: 3 });
    await site.page.mouse.up();
    await expect.poll(() => widthOf('name')).toBeGreaterThan(name + 40);
    expect((await widthOf('call')) + (await widthOf('name'))).toBeCloseTo(name + call, -1);
    const wide = await widthOf('name');
    await border.press('ArrowLeft');
    await expect.poll(() => widthOf('name')).toBeLessThan(wide);
  });

  it('filters by what is in a cell, and by all but that', async () => {
    await openTasks();
    await site.rowOf(failed).locator('td.call').hover();
    await site.page.getByRole('button', { name: 'Only exception:ValueError' }).click();
    await expect.poll(asked).toBe('exception:ValueError');
    await site.rowOf(failed).locator('td.name').hover();
    await site.page.getByRole('button', { name: 'Without name:shop.greetings.say' }).click();
    await expect.poll(asked).toBe('exception:ValueError -name:shop.greetings.say');
    expect(site.problems).toEqual([]);
  });

  it('is walked row by row with j and k, and Enter opens the task', async () => {
    await openTasks();
    await rows().nth(3).waitFor();
    const ids = await Promise.all([0, 1, 2].map((n) => rows().nth(n).getAttribute('data-task')));
    for (const [key, at] of [
      ['j', 0],
      ['j', 1],
      ['j', 2],
      ['k', 1],
    ] as const) {
      await site.page.keyboard.press(key);
      await expect.poll(focusedTask).toBe(ids[at]);
    }
    await site.page.keyboard.press('Enter');
    await site.page.waitForURL(`**/task/${ids[1]}`);
    expect(site.problems).toEqual([]);
  });

  it('shows how many are in the other states when one was chosen, and takes another one in', async () => {
    await openTasks('?q=state%3AFAILURE');
    const success = site.page.locator('[data-facet="state:SUCCESS"]');
    await success.getByText('3').waitFor();
    await success.click();
    await expect.poll(asked).toBe('state:FAILURE,SUCCESS');
    await expect.poll(states).toEqual(expect.arrayContaining(['FAILURE', 'SUCCESS']));
  });

  const focusedTask = () =>
    site.page.evaluate<string | undefined>('document.activeElement?.closest("tr")?.dataset.task');

  /** All of the 400 that are sent first. */
  async function openMany(): Promise<void> {
    many ||= await sendMany();
    await openTasks(`?q=state%3ASUCCESS+kwargs%3Atitle%3D${many}`);
    const count = async () => Number(await site.page.locator('table').getAttribute('aria-rowcount'));
    const toEnd = () => site.page.evaluate('scrollTo(0, document.documentElement.scrollHeight)');
    await expect.poll(() => toEnd().then(count), { timeout: 30_000 }).toBe(401);
  }

  /** Settles, with their title, when nothing comes any more. */
  async function sendMany(): Promise<string> {
    const title = `many${Date.now()}`;
    await site.run(`import shop\nfor _ in range(400): shop.total.delay([1], title="${title}")`);
    const total = async () => {
      await openTasks(`?q=state%3ASUCCESS+kwargs%3Atitle%3D${title}`);
      return site.page.locator('[data-total]').textContent();
    };
    await expect.poll(total, { timeout: 60_000 }).toMatch(/^400 tasks/);
    return title;
  }

  it('has no more rows on the page than are in sight, however many were loaded', async () => {
    await openMany();
    expect(await rows().count()).toBeLessThan(60);
    await site.page.getByText('That is all: 400 tasks.').waitFor();
    await site.page.evaluate('scrollTo(0, 0)');
    await site.page.locator('tr[data-index="0"]').waitFor();
    await site.page.evaluate('document.querySelector("tr[data-index=\\"0\\"] a").focus()');
    for (let n = 0; n < 30; n++) await site.page.keyboard.press('j');
    await expect
      .poll(() => site.page.evaluate<string | undefined>('document.activeElement?.closest("tr")?.dataset.index'), {
        timeout: 30_000,
      })
      .toMatch(/^\d{2}$/);
    expect(site.problems).toEqual([]);
  });

  it('is where it was left when one comes Back from a task far down, with the focus on that task', async () => {
    await openMany();
    await site.page.evaluate('scrollTo(0, 9000)');
    const middle =
      '[...document.querySelectorAll("tr[data-task]")].find((row) => row.getBoundingClientRect().top > 400)';
    const topOf = (uuid: string) =>
      site.page.evaluate<number>(`document.querySelector('[data-task="${uuid}"]')
      .getBoundingClientRect().top`);
    /** Until what was at the end is gone. */
    const index = async () => Number(await site.page.evaluate(`${middle}?.dataset.index`));
    await expect.poll(index, { timeout: 30_000 }).toBeLessThan(300);
    expect(await index()).toBeGreaterThan(120);
    const uuid = await site.page.evaluate<string>(`${middle}.dataset.task`);
    const top = await topOf(uuid);
    await site.rowOf(uuid).locator('td.name a').click();
    await site.page.waitForURL(`**/task/${uuid}`);
    await site.page.getByRole('heading', { level: 1 }).waitFor();
    await site.page.goBack();
    await expect.poll(focusedTask, { timeout: 30_000 }).toBe(uuid);
    expect(await topOf(uuid)).toBeCloseTo(top, 0);
    expect(site.problems).toEqual([]);
  });
});
