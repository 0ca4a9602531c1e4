/**
 * How long it takes to ask many workers everything: `npm run bench:inspect -- [--broker redis|amqp] [--workers N]
 * [--timeout MS] [--rounds N] [--record]`. The workers are simulated, by one process; a refresh is asked for over HTTP.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { InspectionsBody } from '../../server/contract/workers.ts';
import { identify } from '../services/processes.ts';
import { startServices, type StartedServices } from '../services/services.ts';
import { toStatePath } from '../services/state.ts';
import { startCeleryCrowd } from './celery-crowd.ts';
import { startProgram } from './program.ts';
import { recordResult } from './results.ts';

interface InspectBenchOptions {
  broker: 'redis' | 'amqp';
  workers: number;
  /** Herbarium's `inspect_timeout`: a question to all is as long as that, for nobody knows how many there are. */
  timeoutMs: number;
  rounds: number;
  record: boolean;
}

function readOptions(): InspectBenchOptions {
  const { values } = parseArgs({
    options: {
      broker: { type: 'string', default: 'redis' },
      workers: { type: 'string', default: '200' },
      timeout: { type: 'string', default: '5000' },
      rounds: { type: 'string', default: '5' },
      record: { type: 'boolean', default: false },
    },
  });
  const { broker, workers, timeout, rounds, record } = values;
  if (broker !== 'redis' && broker !== 'amqp') throw new Error('--broker is redis or amqp');
  return { broker, workers: Number(workers), timeoutMs: Number(timeout), rounds: Number(rounds), record };
}

async function main(): Promise<void> {
  const options = readOptions();
  const say = (line: string): void => console.log(`bench: ${line}`);
  const started = await startServices([options.broker, 'python'], {
    statePath: toStatePath(`bench-${process.pid}`),
    isOwned: true,
    say,
  });
  try {
    const figures = await measure(options, started);
    console.table(figures);
    if (options.record) say(`recorded in ${await recordResult('inspect', { options, figures })}`);
  } finally {
    await started.stop();
  }
}

async function measure(
  { broker, workers: size, timeoutMs, rounds }: InspectBenchOptions,
  { services, folder, adopt }: StartedServices<'redis' | 'amqp' | 'python'>,
): Promise<Record<string, unknown>> {
  const brokerUrl = services[broker].url;
  const crowd = await startCeleryCrowd({ python: services.python, brokerUrl, size });
  adopt(crowd.process);
  const quiet = [
    '--inspect-timeout',
    String(timeoutMs),
    '--inspect-interval',
    '0',
    '--no-reconcile',
    '--no-enable-events',
  ];
  const program = await startProgram(['--broker', brokerUrl, '--db', join(folder, 'history'), ...quiet]);
  adopt(identify(program.pid));
  const refresh = async () => {
    const [startedMs, startedAt, heard] = [performance.now(), Date.now() / 1000, crowd.heard.length];
    const known = (await (await fetch(`${program.url}/api/workers?refresh=1`)).json()) as InspectionsBody;
    const answered = Object.values(known).filter(({ timestamp }) => timestamp >= startedAt);
    return { ms: performance.now() - startedMs, answered: answered.length, broadcasts: crowd.heard.length - heard };
  };
  try {
    await refresh();
    const runs: Awaited<ReturnType<typeof refresh>>[] = [];
    for (let round = 0; round < rounds; round++) runs.push(await refresh());
    const times = runs.map(({ ms }) => Math.round(ms)).sort((a, b) => a - b);
    return {
      refresh_ms_least: times[0],
      refresh_ms_most: times.at(-1),
      beyond_timeout_ms_most: times.at(-1)! - timeoutMs,
      workers_answered_least: Math.min(...runs.map(({ answered }) => answered)),
      broadcasts_per_refresh: Math.max(...runs.map(({ broadcasts }) => broadcasts)),
      rss_peak_mb: Math.round(program.memory()?.rssPeakMb ?? 0),
    };
  } finally {
    crowd.stop();
    await program.stop();
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
