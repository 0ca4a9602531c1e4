// In: `npm run demo` and its options. Out: a broker, two Celery workers running a small shop, steady traffic and
// Herbarium, all private and on free ports, until Ctrl-C. Nothing of it is left behind, unless --db says where.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openChildren, type Child, type Children } from './demo/children.ts';
import { readDemoOptions, type DemoOptions } from './demo/options.ts';
import { demoFolder, toPythonEnvironment, toWorkerCommand, type Command } from './demo/worker.ts';
import { findFreePortFrom } from './services/ports.ts';
import { readLogEnd } from './services/processes.ts';
import { startServices, type StartedServices } from './services/services.ts';
import { toStatePath, type ServiceName, type Services } from './services/state.ts';

const workerNames = { fulfilment: 'fulfilment@shop', mail: 'mail@shop' };
const readyWithinMs = 60_000;
const stopWithinMs = 8000;

/** What the demo's programs need to know of each other. */
interface Shop {
  python: string;
  brokerUrl: string;
  resultBackend: string;
  managementUrl?: string;
  port: number;
  db: string;
}

async function main(): Promise<void> {
  const options = readDemoOptions(process.argv.slice(2));
  // The terminal may be gone when the end is told.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const interrupted = waitForSignal();
  const statePath = toStatePath(`demo-${String(process.pid)}`);
  const started = await startServices(toServiceNames(options), { statePath, isOwned: true, say });
  const children = openChildren(join(started.folder, 'logs'), started.adopt);
  const ended = new AbortController();
  try {
    const running = runShop(options, started, children, ended.signal);
    await Promise.race([interrupted, children.failed, running.then(() => interrupted)]);
  } finally {
    say('stopping');
    ended.abort();
    await children.stop(stopWithinMs);
    await started.stop();
  }
}

function say(line: string): void {
  console.log(`demo: ${line}`);
}

/** Resolves at the first signal; those after it (a terminal and npm both send one) change nothing. */
function waitForSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
}

/** RabbitMQ keeps no results that a chord could wait for, so Redis keeps them for both brokers. */
function toServiceNames({ broker, db }: DemoOptions): ServiceName[] {
  return [
    'redis',
    'python',
    ...(broker === 'amqp' ? ['amqp' as const] : []),
    ...(db === 'postgres' ? ['postgres' as const] : []),
  ];
}

async function runShop(
  options: DemoOptions,
  started: StartedServices<ServiceName>,
  children: Children,
  ended: AbortSignal,
): Promise<void> {
  const shop = await toShop(options, started.services, join(started.folder, 'history'));
  const herbarium = children.start('herbarium', toHerbariumCommand(shop, options.more));
  for (const [queue, name] of Object.entries(workerNames)) {
    children.start(`worker-${queue}`, toWorkerCommand({ ...shop, name, args: ['-Q', queue] }));
  }
  say('waiting for the two workers and Herbarium');
  await waitUntilReady(shop.port, herbarium, ended);
  children.start('traffic', {
    command: shop.python,
    args: [join(demoFolder, 'traffic.py'), '--rate', String(options.rate)],
    env: toPythonEnvironment(shop),
  });
  printWelcome(options, shop);
}

async function toShop(options: DemoOptions, services: Services, historyFolder: string): Promise<Shop> {
  const { redis, amqp, postgres, python } = services;
  return {
    python,
    brokerUrl: options.broker === 'redis' ? redis.url : amqp.url,
    resultBackend: redis.url.replace(/\/0$/, '/1'),
    managementUrl: options.broker === 'amqp' ? amqp.managementUrl : undefined,
    port: options.port ?? (await findFreePortFrom(5555)),
    db: options.db === 'postgres' ? postgres.url : (options.db ?? historyFolder),
  };
}

/** On loopback, since its API asks for no password here. The caller's own settings of Herbarium stay out of it. */
function toHerbariumCommand(shop: Shop, more: string[]): Command {
  const flags = ['--broker', shop.brokerUrl, '--port', String(shop.port), '--address', '127.0.0.1', '--db', shop.db];
  const api = shop.managementUrl ? ['--broker_api', `${shop.managementUrl.replace('//', '//guest:guest@')}/api/`] : [];
  const inherited = Object.entries(process.env).filter(([name]) => !/^(HERBARIUM|FLOWER|CELERY)_/.test(name));
  return {
    command: process.execPath,
    args: ['--enable-source-maps', join(import.meta.dirname, '../dist/server/main.js'), ...flags, ...api, ...more],
    env: {
      ...Object.fromEntries(inherited),
      FLOWER_UNAUTHENTICATED_API: 'true',
      CELERY_RESULT_BACKEND: shop.resultBackend,
    },
  };
}

/** Waits until Herbarium is healthy and shows both workers online. @throws with the end of its log. */
async function waitUntilReady(port: number, herbarium: Child, ended: AbortSignal): Promise<void> {
  const until = performance.now() + readyWithinMs;
  while (!(await isReady(`http://127.0.0.1:${String(port)}`))) {
    if (performance.now() > until) {
      const log = readLogEnd(herbarium.logPath);
      throw new Error(`Herbarium does not show both workers. The end of its log:\n${log}`);
    }
    await sleep(200, undefined, { signal: ended });
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const [health, workers] = await Promise.all([
      fetchOk(`${url}/healthcheck`),
      fetchOk(`${url}/api/workers?status=1`),
    ]);
    await health.text();
    const online = (await workers.json()) as Record<string, unknown>;
    return Object.values(workerNames).every((name) => online[name] === true);
  } catch {
    return false;
  }
}

async function fetchOk(url: string): Promise<Response> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
  if (!response.ok) throw new Error(`${url} answers ${String(response.status)}.`);
  return response;
}

function printWelcome(options: DemoOptions, shop: Shop): void {
  const history = options.db === undefined ? `${shop.db} (removed at the end; keep it with --db FOLDER)` : shop.db;
  console.log(`
  Herbarium:  http://localhost:${String(shop.port)}
  broker:     ${shop.brokerUrl}
  workers:    ${Object.values(workerNames).join(', ')}
  traffic:    about ${String(options.rate)} tasks a second (--rate N)
  history:    ${history}

  Ctrl-C ends all of it.
`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
