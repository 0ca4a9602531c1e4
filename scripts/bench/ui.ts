/**
 * How fast the pages are in a long history, and beside what arrives: `npm run bench:ui`; options are below. The built
 * program on a copy of a kept history (kept-history.ts), a broker of its own, a headless Chromium; what is measured, and
 * how, is said in ui-load.ts, ui-search.ts, ui-scroll.ts and ui-arrivals.ts.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Browser } from 'playwright-core';
import { openChromium } from '../services/chromium.ts';
import { identify } from '../services/processes.ts';
import { startServices } from '../services/services.ts';
import { toStatePath } from '../services/state.ts';
import { openHistory, type KeptHistory } from './kept-history.ts';
import { startProgram, type Program } from './program.ts';
import { recordResult } from './results.ts';
import { startPublisher } from './start-publisher.ts';
import { measureArrivals, type ArrivalFigures } from './ui-arrivals.ts';
import { measureLoads, type PagePlan } from './ui-load.ts';
import { measureScrolling } from './ui-scroll.ts';
import { measureSearches } from './ui-search.ts';

const usage = `npm run bench:ui -- [--tasks N] [--days N] [--minutes N|0] [--rate TASKS_A_SECOND] [--loads N] [--searches N] [--rows N]
  [--only load|search|scroll|arrivals] [--record]`;
const { values } = parseArgs({
  options: {
    tasks: { type: 'string', default: '1000000' },
    days: { type: 'string', default: '10' },
    /** How long tasks arrive; 0: they do not. */
    minutes: { type: 'string', default: '10' },
    rate: { type: 'string', default: '2000' },
    /** Cold loads of each page, after a first one. */
    loads: { type: 'string', default: '9' },
    /** How often each search is typed. */
    searches: { type: 'string', default: '5' },
    /** Through which the list is scrolled. */
    rows: { type: 'string', default: '2500' },
    only: { type: 'string' },
    record: { type: 'boolean', default: false },
  },
});

const say = (line: string): void => console.error(`bench: ${line}`);

interface Asked {
  minutes: number;
  rate: number;
  loads: number;
  searches: number;
  rows: number;
}

interface Stage {
  browser: Browser;
  program: Program;
  brokerUrl: string;
  history: KeptHistory;
  tasks: number;
}

async function main(): Promise<void> {
  const [tasks, days] = [Number(values.tasks), Number(values.days)];
  const { minutes, rate, loads, searches, rows } = values;
  const asked = { minutes: +minutes, rate: +rate, loads: +loads, searches: +searches, rows: +rows };
  if (![tasks, days, ...Object.values(asked)].every((count) => count >= 0)) throw new Error(usage);
  const history = await openHistory({ engine: 'sqlite', tasks, days }, say);
  const started = await startServices(['redis', 'chromium'], {
    statePath: toStatePath(`bench-${process.pid}`),
    isOwned: true,
    say,
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => void started.stop().finally(() => process.exit(1)));
  const copy = await history.copy();
  const brokerUrl = started.services.redis.url;
  try {
    const program = await startProgram(['--broker', brokerUrl, '--db', copy.db]);
    started.adopt(identify(program.pid));
    while (!(await program.status()).brokers.every((broker) => broker.connected)) await sleep(50);
    const browser = await openChromium(started.services.chromium);
    const figures = await measure({ browser, program, brokerUrl, history, tasks }, asked);
    await browser.close();
    await program.stop();
    const result = { options: { tasks, days, ...asked, only: values.only }, ...figures };
    console.log(JSON.stringify(result));
    if (values.record) say(`recorded in ${await recordResult('ui', result)}`);
  } finally {
    await started.stop();
    await copy.remove();
  }
}

async function measure(stage: Stage, asked: Asked): Promise<Record<string, unknown>> {
  const { browser, program } = stage;
  const pages = toPages(stage.history);
  const measures: Record<string, () => Promise<object[]>> = {
    load: async () => {
      const figures = [];
      for (const plan of pages) figures.push(await measureLoads(browser, program.url, plan, asked.loads));
      return figures;
    },
    search: () => measureSearches(browser, program.url, asked.searches),
    scroll: async () => [await measureScrolling(browser, program.url, asked.rows)],
    arrivals: () => beside(stage, asked),
  };
  const figures: Record<string, unknown> = {};
  for (const [name, run] of Object.entries(measures)) {
    if (values.only !== undefined && values.only !== name) continue;
    if (name === 'arrivals' && asked.minutes === 0) continue;
    say(name);
    const rows = await run();
    console.table(rows.map(toCells));
    figures[name] = rows;
  }
  return figures;
}

/** Lists and groups of figures as one text each. */
function toCells(row: object): Record<string, unknown> {
  const toCell = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    return Array.isArray(value) ? value.join(' ') : Object.entries(value).flat().join(' ');
  };
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, toCell(value)]));
}

const hasTasks = `document.querySelector('tr[data-task]') && document.querySelector('[data-facet]')`;
const hasFigures = `document.querySelectorAll('[data-figure] .value').length === 5 &&
  [...document.querySelectorAll('[data-figure] .value')].slice(0, 3).every((value) => value.textContent !== '…')`;
const hasEvents = `document.querySelector('[data-event]')`;

/** The history has its days behind it: its last one is what an overview of today would be. */
function toPages({ end }: KeptHistory): PagePlan[] {
  return [
    { name: '/', path: '/', isThere: hasFigures },
    { name: '/ of a day', path: `/?from=${Math.floor(end) - 86_400}&to=${Math.floor(end)}`, isThere: hasFigures },
    { name: '/tasks', path: '/tasks', isThere: hasTasks },
    { name: '/tasks, failures', path: '/tasks?q=state%3AFAILURE', isThere: hasTasks },
  ];
}

/** The pages that follow what happens, all open at once, each in a process of its own. */
async function beside({ browser, program, brokerUrl, tasks }: Stage, asked: Asked): Promise<ArrivalFigures[]> {
  const published = asked.rate * 60 * (asked.minutes + 1);
  const order = {
    broker: 'redis',
    url: brokerUrl,
    firstTask: tasks,
    tasks: published,
    rate: asked.rate,
    window: 1,
  } as const;
  const publisher = startPublisher(order);
  await publisher.ready;
  // It is stopped before it is done.
  publisher.go().catch(() => undefined);
  const pages: PagePlan[] = [
    { name: '/', path: '/', isThere: hasFigures },
    { name: '/tasks', path: '/tasks', isThere: hasTasks },
    { name: '/events', path: '/events', isThere: hasEvents },
  ];
  try {
    const figures = await measureArrivals(browser, program.url, pages, asked.minutes);
    const { ingest, store } = await program.status();
    say(`${store.tasks} tasks stored, ${ingest.dropped} events dropped`);
    return figures;
  } finally {
    publisher.stop();
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
