import { once } from 'node:events';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { findBarriers } from '../../helpers/accessibility.ts';
import { declineToSignIn, watchProblems } from '../../helpers/browser.ts';
import type { Journey } from './journey.ts';

const ada = { username: 'ada', password: 'correct horse:battery' };

export function signIn(journey: Journey): void {
  const { site } = journey;

  /** Opened when nobody was asked for a password. */
  let old: Page;

  beforeAll(async () => {
    old = await site.openPage();
    await declineToSignIn(old);
    await old.goto(`${site.server.url}/tasks`);
    await old.getByText('Live', { exact: true }).waitFor();
    await site.server.stop();
    await site.start(['--basic-auth', `${ada.username}:${ada.password}`]);
  });
  afterAll(async () => {
    await old.close();
    await site.server.stop();
    await site.start();
  });

  it('a page that was open before says that it may no longer read, and leads to the question', async () => {
    const notice = old.locator('[data-notice="access"]');
    await notice.getByText('no longer lets this page read').waitFor();
    await notice.getByRole('button', { name: 'Reload' }).click();
    await old.getByRole('heading', { name: 'Sign in to Herbarium' }).waitFor();
  });

  it('whoever gives no password is told what is needed, and sees nothing else', async () => {
    const { page } = site;
    await declineToSignIn(page);
    const answer = await page.goto(`${site.server.url}/task/${journey.failed}`);
    expect(answer?.status()).toBe(401);
    await page.getByRole('heading', { name: 'Sign in to Herbarium' }).waitFor();
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    expect(await page.content()).not.toContain('orchid');
    expect(await findBarriers(page)).toEqual([]);

    const statusOf = async (path: string, method = 'GET') =>
      (await fetch(`${site.server.url}${path}`, { method })).status;
    expect(await statusOf('/api/tasks')).toBe(401);
    expect(await statusOf(`/api/worker/shutdown/${journey.workerName}`, 'POST')).toBe(401);
    expect(await statusOf('/healthcheck')).toBe(200);
    const socket = new WebSocket(`${site.server.url.replace(/^http/, 'ws')}/live`, { origin: site.server.url });
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toContain('401');
  });

  it('a wrong password opens nothing', async () => {
    const page = await site.openPage({ httpCredentials: { ...ada, password: 'correct horse' } });
    const answer = await page.goto(`${site.server.url}/tasks`);
    expect(answer?.status()).toBe(401);
    await page.getByRole('heading', { name: 'Sign in to Herbarium' }).waitFor();
    await page.context().close();
  });

  it('the right one opens the pages, the API and the live stream, and lets act', async () => {
    const page = await site.openPage({ httpCredentials: ada });
    const problems = watchProblems(page);
    await page.goto(`${site.server.url}/tasks`);
    await page.locator(`[data-task="${journey.failed}"]`).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    const uuid = await site.send('shop.reports.count', [6]);
    await page.locator(`[data-task="${uuid}"]`).getByRole('link', { name: 'shop.reports.count' }).click();
    await page.getByRole('button', { name: 'Run again…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Run again' }).click();
    await page.getByRole('link', { name: 'Open the new task' }).waitFor();
    // Chromium names the answer by which it learnt that a password is needed.
    expect(problems.filter((problem) => !problem.includes('401'))).toEqual([]);
    await page.context().close();
  });
}
