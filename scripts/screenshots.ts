// In: the demo, run for a while after a day that was made up. Out: docs/screenshots: every page wide and narrow, light
// and dark, and in states/ what pages show when there is nothing, when something is away, and when one may not.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import type { SearchBody } from '../server/contract/search.ts';
import { writePastDay } from './screenshots/past-day.ts';
import { startNode, type Running } from './screenshots/running.ts';
import { openChromium } from './services/chromium.ts';
import { startServices } from './services/services.ts';
import { toStatePath } from './services/state.ts';

const folder = 'docs/screenshots';
const looks = [
  { name: '', width: 1440, height: 900, colorScheme: 'light' },
  { name: '-dark', width: 1440, height: 900, colorScheme: 'dark' },
  { name: '-narrow', width: 390, height: 844, colorScheme: 'light' },
  { name: '-narrow-dark', width: 390, height: 844, colorScheme: 'dark' },
] as const;

/** Name of the picture → its address. */
type Pictures = Record<string, string>;

const pages: Pictures = {
  overview: '/',
  tasks: '/tasks?q=received:>24h',
  search: '/tasks?q=state:FAILURE+name:shop.payments.*+received:>24h',
  workers: '/workers',
  worker: '/worker/fulfilment@shop?tab=held',
  broker: '/broker',
  events: '/events',
  about: '/about',
};
/** Of a server that has seen nothing yet. */
const emptyPages: Pictures = {
  'overview-empty': '/',
  'tasks-empty': '/tasks',
  'workers-empty': '/workers',
  'broker-empty': '/broker',
  'events-empty': '/events',
  'about-empty': '/about',
};
/** Of the demo's. */
const oddPages: Pictures = {
  'tasks-none': '/tasks?q=state:FAILURE+name:shop.nothing',
  'tasks-mistake': '/tasks?q=state:FAILURE+runtime:long',
  'task-unknown': '/task/no-such-task',
  'worker-unknown': '/worker/nobody@nowhere',
  'not-found': '/nowhere',
};
const brokenPages: Pictures = { 'overview-no-broker': '/', 'broker-no-broker': '/broker', 'tasks-no-broker': '/tasks' };

const pastTasks = 24_000;
/** What there has to be to look at beside it. */
const trafficMs = 45_000;

async function main(): Promise<void> {
  const services = await startServices(['chromium'], { statePath: toStatePath('screenshots'), isOwned: true });
  const made = mkdtempSync(join(tmpdir(), 'herbarium-screenshots-'));
  const running: Running[] = [];
  try {
    await writePastDay(join(made, 'history'), pastTasks);
    const demoArgs = ['--import', 'tsx', 'scripts/demo.ts', '--port', '5655', '--db', join(made, 'history')];
    const demo = await startNode(demoArgs, /Herbarium:\s+(http\S+)\s+broker:\s+(redis\S+)/);
    running.push(demo);
    const [url = '', broker = ''] = demo.said;
    await sleep(trafficMs);
    const browser = await openChromium(services.services.chromium);
    await shootAll(browser, folder, url, { ...pages, task: `/task/${await newestFailure(url)}` });
    await shootStates(browser, url, broker, made, running);
    await browser.close();
  } finally {
    for (const each of running.reverse()) await each.stop();
    await services.stop();
    rmSync(made, { recursive: true, force: true });
  }
}

async function shootStates(browser: Browser, demo: string, broker: string, made: string, running: Running[]) {
  const states = join(folder, 'states');
  const start = async (name: string, ...more: string[]): Promise<[server: Running, url: string]> => {
    const args = ['--port', '0', '--address', '127.0.0.1', '--db', join(made, name), ...more];
    const env = { PATH: process.env['PATH'], FLOWER_UNAUTHENTICATED_API: 'true' };
    const server = await startNode(['dist/server/main.js', ...args], / is at (\S+)/, env);
    running.push(server);
    return [server, server.said[0] ?? ''];
  };
  await shootAll(browser, states, demo, oddPages);
  const [, readOnly] = await start('read-only', '--broker', broker, '--read-only');
  await shootAll(browser, states, readOnly, { 'worker-read-only': '/worker/fulfilment@shop?tab=pool' });
  const [, broken] = await start('broken', '--broker', 'redis://127.0.0.1:1/0');
  // Until it is known that the broker is not there.
  await sleep(5000);
  await shootAll(browser, states, broken, brokenPages);
  const [, closed] = await start('closed', '--broker', broker, '--basic-auth', 'ada:secret');
  await shootAll(browser, states, closed, { 'sign-in': '/' });
  const [empty, emptyUrl] = await start('empty', '--broker', broker.replace(/\/0$/, '/9'));
  await shootAll(browser, states, emptyUrl, emptyPages);
  await shootWithout(browser, states, empty, emptyUrl);
}

async function shootAll(browser: Browser, to: string, url: string, pictures: Pictures): Promise<void> {
  mkdirSync(to, { recursive: true });
  for (const look of looks) {
    const page = await openPage(browser, look);
    for (const [file, path] of Object.entries(pictures)) {
      await show(page, url + path);
      await page.screenshot({ path: join(to, `${file}${look.name}.png`) });
    }
    await page.context().close();
  }
}

/** Pages that were open when their server went. */
async function shootWithout(browser: Browser, to: string, server: Running, url: string): Promise<void> {
  const opened: [look: (typeof looks)[number], page: Page][] = [];
  for (const look of looks) opened.push([look, await openPage(browser, look)]);
  for (const [, page] of opened) await show(page, `${url}/workers`);
  await server.stop('SIGKILL');
  for (const [look, page] of opened) {
    await page.locator('[data-notice="server"]').waitFor();
    await page.screenshot({ path: join(to, `workers-no-server${look.name}.png`) });
    await page.context().close();
  }
}

/** Whoever is asked for a password there closes the question. */
async function openPage(browser: Browser, { width, height, colorScheme }: (typeof looks)[number]): Promise<Page> {
  const httpCredentials = { username: 'nobody', password: 'nothing' };
  return browser.newPage({ viewport: { width, height }, colorScheme, httpCredentials });
}

async function show(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  await sleep(1500);
}

/** Of what the outage of the made-up day broke. */
async function newestFailure(url: string): Promise<string> {
  const asked = new URLSearchParams({ q: 'state:FAILURE name:shop.payments.charge', limit: '1' });
  const { tasks } = (await (await fetch(`${url}/api/search?${asked.toString()}`)).json()) as SearchBody;
  if (!tasks[0]) throw new Error('No payment has failed');
  return tasks[0].uuid;
}

await main();
