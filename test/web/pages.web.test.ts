import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findFreePorts } from '../../scripts/services/ports.ts';
import { openBrowser, watchProblems } from '../helpers/browser.ts';
import { sendTask, startWorker, type TestWorker } from '../helpers/celery.ts';
import { startServer, type RunningServer } from '../helpers/server.ts';
import { readServices } from '../helpers/services.ts';
import { openTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.ts';

/** Redis keeps the events of its databases apart: nobody else's tasks come here. */
const redisDatabase = 11;
const workerName = 'pages@test';

let folder: string;
let browser: Browser;
let worker: TestWorker;
/** The wire between Herbarium and its broker; the worker has its own. */
let wire: TcpProxy;
let server: RunningServer;
let port: number;
let page: Page;
let problems: string[];

function toBrokerUrl(brokerPort?: number): string {
  const url = new URL(readServices().redis.url);
  url.pathname = `/${redisDatabase}`;
  if (brokerPort !== undefined) url.port = String(brokerPort);
  return url.href;
}

const redisPort = () => Number(new URL(readServices().redis.url).port);
const send = (task: string, args: unknown[]) => sendTask({ brokerUrl: toBrokerUrl(), task, args });

/** Without FLOWER_UNAUTHENTICATED_API, as most people start it: the page needs its pass. */
const start = () =>
  startServer({
    broker: toBrokerUrl(wire.port),
    db: join(folder, 'db'),
    env: { FLOWER_UNAUTHENTICATED_API: 'false' },
    args: ['--port', String(port)],
  });

const rowOf = (uuid: string): Locator => page.locator(`[data-task="${uuid}"]`);
const stateOf = (uuid: string, state: string): Locator => rowOf(uuid).locator(`[data-state="${state}"]`);
const readAll = async (selector: string, attribute: string): Promise<(string | null)[]> =>
  Promise.all((await page.locator(selector).all()).map((element) => element.getAttribute(attribute)));
const states = async () => [...new Set(await readAll('tr[data-task] [data-state]', 'data-state'))];

/** No task is moved by a pointer that rests on the list by chance. */
async function openPage(path: string): Promise<void> {
  await page.mouse.move(0, 0);
  await page.goto(new URL(path, server.url).href);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'herbarium-pages-'));
  [port = 0] = await findFreePorts(1);
  wire = await openTcpProxy(redisPort());
  // One after the other: what has been started is known, and ended, when the next one fails to.
  server = await start();
  browser = await openBrowser();
  worker = await startWorker({ brokerUrl: toBrokerUrl(), name: workerName });
});

afterAll(async () => {
  await Promise.all([browser?.close(), worker?.kill(), server?.stop()]);
  await wire?.close();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.setDefaultTimeout(20_000);
  problems = watchProblems(page);
});

afterEach(async () => {
  await page.close();
});

describe('the tasks of real workers', () => {
  it('appear on the list by themselves, and change there', async () => {
    await openPage('/');
    await page.getByRole('heading', { name: 'Tasks' }).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    const succeeded = await send('shop.reports.count', [5]);
    const failed = await send('shop.greetings.say', ['hello world']);
    await stateOf(failed, 'FAILURE').waitFor();
    await rowOf(succeeded).waitFor();
    expect(await rowOf(failed).textContent()).toContain("ValueError('hello world')");
    expect(await rowOf(failed).textContent()).toContain(workerName);
    expect(problems).toEqual([]);
  });

  it('are all seen, by the count of their worker', async () => {
    await send('shop.reports.count', [5]);
    // A worker tells with its next heartbeat what it began, and the page asks once a minute.
    const look = async (): Promise<string | null> => {
      await openPage('/workers');
      const seen = page.locator(`[data-worker="${workerName}"] [data-seen]`);
      await seen.getByText('%').waitFor({ timeout: 30_000 });
      return seen.getAttribute('data-seen');
    };
    await expect.poll(() => look().catch(String), { timeout: 30_000 }).toBe('100 %');
    expect(await page.getByTitle(/^Saw (\d+) of \1 tasks? that it began/).count()).toBe(1);
    expect(problems).toEqual([]);
  });

  it('lead to a page each, with its events in order and its traceback', async () => {
    const uuid = await send('shop.greetings.say', ['hello world']);
    await openPage('/tasks');
    await rowOf(uuid).getByRole('link', { name: 'shop.greetings.say' }).click();
    await page.getByRole('heading', { name: 'shop.greetings.say' }).waitFor();
    expect(new URL(page.url()).pathname).toBe(`/task/${uuid}`);
    await page.locator('[data-event="task-failed"]').waitFor();
    const types = await readAll('[data-event]', 'data-event');
    // A client makes its event after it has sent the task: on a busy machine the worker may be done by then.
    expect(types).toContain('task-sent');
    expect(types.filter((type) => type !== 'task-sent')).toEqual(['task-received', 'task-started', 'task-failed']);
    expect(await page.getByRole('region', { name: 'Traceback' }).textContent()).toContain('ValueError: hello world');
    expect(await page.locator('[data-step="ended"]').textContent()).toContain('Failed');
    expect(problems).toEqual([]);
  });

  it('are watched on their own page until they end', async () => {
    const uuid = await sendTask({
      brokerUrl: toBrokerUrl(),
      task: 'shop.reports.count',
      args: [3],
      options: { countdown: 3 },
    });
    await openPage(`/task/${uuid}`);
    await page.locator('main [role="status"] [data-state="RECEIVED"]').waitFor();
    await page.locator('main [role="status"] [data-state="SUCCESS"]').waitFor();
    await page.locator('[data-event="task-succeeded"]').waitFor();
    expect(await page.getByRole('region', { name: 'Result' }).textContent()).toBe('21');
  });

  it('are counted, and do not move the list, while its reader points at it', async () => {
    await openPage('/tasks');
    await page.locator('tr[data-task]').first().hover();
    const first = await page.locator('tr[data-task]').first().getAttribute('data-task');
    const uuid = await send('shop.reports.count', [7]);
    const button = page.getByRole('button', { name: /\d new/ });
    await button.waitFor();
    expect(await page.locator('tr[data-task]').first().getAttribute('data-task')).toBe(first);
    await button.click();
    await rowOf(uuid).waitFor();
    await button.waitFor({ state: 'detached' });
  });
});

it('keeps a filter in the address, over a reload and Back', async () => {
  const failures = '?q=state%3AFAILURE';
  await openPage('/tasks');
  await page.locator('tr[data-task] [data-state="SUCCESS"]').first().waitFor();
  await page.getByRole('link', { name: 'Failure', exact: true }).click();
  await page.locator('tr[data-task] [data-state="SUCCESS"]').first().waitFor({ state: 'detached' });
  await page.locator('tr[data-task]').first().waitFor();
  expect(await states()).toEqual(['FAILURE']);
  expect(new URL(page.url()).search).toBe(failures);

  await page.reload();
  await page.locator('tr[data-task]').first().waitFor();
  expect(await states()).toEqual(['FAILURE']);

  await page.locator('[data-facet="name:shop.greetings.say"]').click();
  await page.waitForURL('**/tasks?q=state%3AFAILURE+name%3Ashop.greetings.say');
  await page.locator('tr[data-task] .name a').first().click();
  await page.waitForURL('**/task/*');
  await page.goBack();
  await page.locator('tr[data-task]').first().waitFor();
  expect(new URL(page.url()).search).toBe(`${failures}+name%3Ashop.greetings.say`);
  await page.goBack();
  await page.goBack();
  await page.locator('tr[data-task] [data-state="SUCCESS"]').first().waitFor();
  expect(new URL(page.url()).search).toBe('');
  expect(problems).toEqual([]);
});

it('says of an unknown task, and of an unknown page, that they are not there', async () => {
  await openPage('/task/no-such-task');
  await page.getByRole('heading', { name: 'This task is not kept here' }).waitFor();
  await openPage('/no-such-page');
  await page.getByRole('heading', { name: 'There is no such page' }).waitFor();
});

it('fits a telephone: no page is wider than its screen', async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  const task = await send('shop.catalogue.import_page', [
    1,
    Array.from({ length: 60 }, (_, i) => `line ${i} of the page`),
  ]);
  for (const [path, content] of [
    ['/tasks', `[data-task="${task}"]`],
    [`/task/${task}`, '[data-event]'],
    ['/workers', '[data-worker]'],
  ] as const) {
    await openPage(path);
    await page.locator(content).first().waitFor();
    const excess = await page.evaluate<number>(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    expect(excess, path).toBe(0);
  }
  expect(problems).toEqual([]);
});

describe('when something goes away', () => {
  it('says why the broker is not connected, until it is again', async () => {
    await openPage('/tasks');
    await page.getByText('Live', { exact: true }).waitFor();
    await wire.close();
    const notice = page.locator('[data-notice^="broker"]');
    await notice.waitFor();
    expect(await notice.textContent()).toMatch(/Not connected to redis:\/\/.+For \d+ s: \S+/);
    await page.getByText('No broker', { exact: true }).waitFor();
    wire = await openTcpProxy(redisPort(), wire.port);
    await notice.waitFor({ state: 'detached', timeout: 60_000 });
    await page.locator('[data-notice^="gap"]').waitFor();
    expect(problems).toEqual([]);
  });

  it('shows the list as it was after a restart of the server, without a reload', async () => {
    await openPage('/tasks');
    await page.locator('tr[data-task]').first().waitFor();
    await server.kill();
    await page.locator('[data-notice="server"]').waitFor();
    server = await start();
    await page.locator('[data-notice="server"]').waitFor({ state: 'detached', timeout: 30_000 });
    const uuid = await send('shop.greetings.say', ['after the restart']);
    await stateOf(uuid, 'FAILURE').waitFor();
  });

  it('shows a worker alive, and not alive after it was killed', async () => {
    await openPage('/workers');
    const card = page.locator(`[data-worker="${workerName}"]`);
    await card.getByText('Alive', { exact: true }).waitFor();
    expect(await card.textContent()).toMatch(/heartbeat \d s ago/);
    await worker.kill();
    await card.getByText('Not alive', { exact: true }).waitFor({ timeout: 30_000 });
    expect(problems).toEqual([]);
  });
});
