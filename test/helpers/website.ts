/** The built program with its pages in a real browser, and a real Celery worker to look at. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import type { StatusBody } from '../../server/contract/status.ts';
import { openBrowser, watchProblems } from './browser.ts';
import { runPython, sendTask, startWorker, type SentTask, type TestWorker } from './celery.ts';
import { startServer, type RunningServer } from './server.ts';
import { readServices } from './services.ts';

export interface WebsitePlan {
  /** Where the app sends its tasks. */
  broker: string;
  /** Where Herbarium finds that broker, when it is not there. */
  seenAt?: string;
  /** Where worker and Herbarium look for results; Herbarium nowhere without. */
  resultBackend?: string;
  /** More arguments of Herbarium. */
  args?: string[];
  /** Whether everyone may use the API, and the pages may act; else they need their pass, and may not. */
  isOpen?: boolean;
  /** Ends what was begun for it. */
  end?: () => Promise<void>;
}

/** A worker on a busy machine answers late, and is not refused for it; who answers at once is waited for no longer. */
const patience = ['--inspect-timeout', '15000'];

/** Begun before the first test of a file, ended after the last one; each test has a page of its own. */
export class Website {
  browser!: Browser;
  worker!: TestWorker;
  server!: RunningServer;
  page!: Page;
  /** What the page complained of. */
  problems!: string[];
  #plan!: WebsitePlan;
  #folder = '';

  /** `prepare`: when server, worker and browser have begun. */
  constructor(
    workerName: string,
    begin: () => WebsitePlan | Promise<WebsitePlan>,
    prepare: () => Promise<void> = async () => {},
  ) {
    beforeAll(async () => {
      this.#plan = await begin();
      await this.#begin(workerName);
      await prepare();
    });
    afterAll(() => this.#end());
    beforeEach(async () => {
      this.page = await this.openPage();
      this.problems = watchProblems(this.page);
    });
    afterEach(() => this.page.close());
  }

  /** Also after it has been killed or stopped: on the same store. `more`: arguments. */
  async start(more: readonly string[] = []): Promise<void> {
    const { broker, seenAt = broker, resultBackend, args = [], isOpen = false } = this.#plan;
    const results = resultBackend === undefined ? [] : ['--result-backend', resultBackend];
    this.server = await startServer({
      broker: seenAt,
      db: join(this.#folder, 'db'),
      env: { FLOWER_UNAUTHENTICATED_API: String(isOpen) },
      args: [...patience, ...results, ...args, ...more],
    });
  }

  async openPage(options: BrowserContextOptions = {}): Promise<Page> {
    const page = await this.browser.newPage({ viewport: { width: 1440, height: 900 }, ...options });
    page.setDefaultTimeout(30_000);
    return page;
  }

  /** No task is moved by a pointer that rests on the list by chance. */
  async open(path: string): Promise<void> {
    await this.page.mouse.move(0, 0);
    await this.page.goto(new URL(path, this.server.url).href);
  }

  /** The new task's id. */
  send(task: string, args: unknown[] = [], more: Partial<SentTask> = {}): Promise<string> {
    return sendTask({ brokerUrl: this.#plan.broker, task, args, ...more });
  }

  /** Runs Python code in which `import shop` works; what it printed. */
  async run(code: string): Promise<string> {
    return (await runPython(code, { brokerUrl: this.#plan.broker })).trim();
  }

  /** What Redis tells before that is heard by nobody. */
  async untilConnected(): Promise<void> {
    const ask = async () =>
      ((await (await this.page.request.get(`${this.server.url}/api/status`)).json()) as StatusBody).brokers[0];
    await expect.poll(() => ask().catch(String), { timeout: 30_000 }).toMatchObject({ connected: true });
  }

  rowOf(uuid: string): Locator {
    return this.page.locator(`[data-task="${uuid}"]`);
  }

  async #begin(workerName: string): Promise<void> {
    this.#folder = mkdtempSync(join(tmpdir(), 'herbarium-web-'));
    // One after the other: what has been started is known, and ended, when the next one fails to.
    await this.start();
    this.browser = await openBrowser();
    const { broker: brokerUrl, resultBackend } = this.#plan;
    this.worker = await startWorker({ brokerUrl, resultBackend, name: workerName });
  }

  async #end(): Promise<void> {
    await Promise.all([this.browser?.close(), this.worker?.kill(), this.server?.stop()]);
    await this.#plan?.end?.();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Redis keeps the events of its databases apart: nobody else's tasks come there. */
export function toRedisUrl(database: number, port?: number): string {
  const url = new URL(readServices().redis.url);
  url.pathname = `/${database}`;
  if (port !== undefined) url.port = String(port);
  return url.href;
}
