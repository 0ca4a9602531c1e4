// In: the demo, run for a while. Out: docs/screenshots/*.png, each page wide and narrow, light and dark.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium, type Browser, type Page } from 'playwright-core';
import type { TaskBody } from '../server/contract/tasks.ts';
import { startServices } from './services/services.ts';
import { toStatePath } from './services/state.ts';

const folder = 'docs/screenshots';
const looks = [
  { name: '', width: 1440, height: 900, colorScheme: 'light' },
  { name: '-dark', width: 1440, height: 900, colorScheme: 'dark' },
  { name: '-narrow', width: 390, height: 844, colorScheme: 'light' },
  { name: '-narrow-dark', width: 390, height: 844, colorScheme: 'dark' },
] as const;

const plainPages = {
  overview: '/',
  tasks: '/tasks',
  workers: '/workers',
  worker: '/worker/fulfilment@shop?tab=held',
  broker: '/broker',
  events: '/events',
  about: '/about',
};

/** What there has to be to look at. */
const trafficMs = 45_000;

async function main(): Promise<void> {
  const services = await startServices(['chromium'], { statePath: toStatePath('screenshots'), isOwned: true });
  const demo = spawn(process.execPath, ['--import', 'tsx', 'scripts/demo.ts', '--port', '5655'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const url = await readUrl(demo.stdout);
    await sleep(trafficMs);
    const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'];
    const browser = await chromium.launch({ executablePath: services.services.chromium, args: flags });
    for (const look of looks) await shoot(browser, url, look);
    await browser.close();
  } finally {
    const ended = once(demo, 'exit');
    demo.kill('SIGINT');
    await ended;
    await services.stop();
  }
}

/** The demo says where it is. */
async function readUrl(output: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of output) {
    text += String(chunk);
    const found = /Herbarium:\s+(http\S+)/.exec(text)?.[1];
    if (found !== undefined) {
      output.resume();
      return found;
    }
  }
  throw new Error(`The demo ended:\n${text}`);
}

async function shoot(browser: Browser, url: string, look: (typeof looks)[number]): Promise<void> {
  const { name, width, height, colorScheme } = look;
  const page = await browser.newPage({ viewport: { width, height }, colorScheme });
  mkdirSync(folder, { recursive: true });
  const failure = await newest(url, 'FAILURE');
  for (const [file, path] of Object.entries({ ...plainPages, task: `/task/${failure.uuid}` })) {
    await show(page, url + path);
    await page.screenshot({ path: join(folder, `${file}${name}.png`) });
  }
  await page.close();
}

async function show(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  await sleep(1500);
}

async function newest(url: string, state: string): Promise<TaskBody> {
  const tasks = (await (await fetch(`${url}/api/tasks?state=${state}&limit=1`)).json()) as Record<string, TaskBody>;
  const [task] = Object.values(tasks);
  if (task === undefined) throw new Error(`No task in state ${state} yet`);
  return task;
}

await main();
