/**
 * How fast, and with how much, Herbarium takes in what a busy cluster publishes: `npm run bench:ingest`; options are in
 * ingest-options.ts. A private broker, a publisher in its own process, the built program as a child process; asks the
 * store, through the program's status, what arrived. CPU and memory are read from /proc, so on Linux only.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GapBody, StatusBody } from '../../server/contract/status.ts';
import { identify } from '../services/processes.ts';
import { startServices, type StartedServices } from '../services/services.ts';
import { toStatePath, type ServerName, type Services } from '../services/state.ts';
import { fillStore } from './fill-store.ts';
import { busyRate, readIngestBenchOptions, type IngestBenchOptions } from './ingest-options.ts';
import { startProgram, type Program } from './program.ts';
import type { Published } from './publisher.ts';
import { recordResult } from './results.ts';
import { startPublisher } from './start-publisher.ts';

/** What was not stored this long after the last that was, is lost. */
const lostAfterMs = 15_000;
const pollEveryMs = { flatOut: 100, atRate: 1000 };

/** What was seen while it ran. */
interface Watched {
  /** Since the first message was sent, until all was stored, or until nothing came any more. */
  seconds: number;
  last: StatusBody[];
  eventLoopP99Ms: number;
  rssMbByMinute: number[];
}

async function main(): Promise<void> {
  const options = readIngestBenchOptions(process.argv.slice(2));
  const statePath = toStatePath(`bench-${process.pid}`);
  const names = [options.broker, ...(options.engine === 'postgres' ? ['postgres' as const] : [])] as const;
  const started = await startServices(names, { statePath, isOwned: true, say });
  const stopAll = () => void started.stop().finally(() => process.exit(1));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stopAll);
  try {
    const figures = await run(options, started);
    console.table(figures);
    console.log(JSON.stringify(figures));
    if (options.record) say(`recorded in ${await recordResult('ingest', { options, figures })}`);
  } finally {
    await started.stop();
  }
}

function say(line: string): void {
  console.log(`bench: ${line}`);
}

async function run(
  options: IngestBenchOptions,
  { services: some, folder, adopt }: StartedServices<ServerName>,
): Promise<Record<string, unknown>> {
  const services = some as Services;
  const db = options.engine === 'postgres' ? services.postgres.url : join(folder, 'history');
  if (options.existing > 0) await fillStore(db, options.existing);
  const brokerUrl = services[options.broker].url;
  const profile = options.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.profile}`];
  const programs: Program[] = [];
  try {
    for (let i = 0; i < options.ingesters; i++) {
      const program = await startProgram(['--broker', brokerUrl, '--db', db, ...options.more], profile);
      adopt(identify(program.pid));
      programs.push(program);
    }
    await Promise.all(programs.map(untilConnected));
    await warmUp(options, programs[0]!, brokerUrl);
    return await measure(options, programs, brokerUrl);
  } finally {
    await Promise.all(programs.map((program) => program.stop()));
  }
}

async function untilConnected(program: Program): Promise<void> {
  while (!(await program.status()).brokers.every((broker) => broker.connected)) await sleep(50);
}

/** A burst comes to a program that has been running, not to one that never saw an event. */
async function warmUp({ broker, window, existing, tasks, warmUp }: IngestBenchOptions, program: Program, url: string) {
  if (warmUp === 0) return;
  say(`${warmUp} tasks to warm up, ${busyRate} a second`);
  const { events } = (await program.status()).store;
  const firstTask = existing + tasks;
  const publisher = startPublisher({ broker, url, firstTask, tasks: warmUp, rate: busyRate, window });
  await publisher.ready;
  await watch([program], publisher.go(), events, true);
}

async function measure(
  options: IngestBenchOptions,
  programs: Program[],
  brokerUrl: string,
): Promise<Record<string, unknown>> {
  const before = await Promise.all(programs.map((program) => program.status()));
  const { broker, tasks, rate, window } = options;
  const publisher = startPublisher({ broker, url: brokerUrl, firstTask: options.existing, tasks, rate, window });
  await publisher.ready;
  say(rate > 0 ? `publishing ${tasks} tasks, ${rate} a second` : `publishing ${tasks} tasks flat out`);
  const cpuBefore = cpuSecondsOf(programs);
  const publishing = publisher.go();
  const watched = await watch(programs, publishing, before[0]!.store.events, rate > 0);
  const cpuAfter = cpuSecondsOf(programs);
  const published = await publishing;
  const stored = watched.last[0]!.store.events - before[0]!.store.events;
  const ingests = watched.last.map((status) => status.ingest);
  const memory = programs.map((program) => program.memory());
  const round = (number: number, digits = 1) => Number(number.toFixed(digits));
  return {
    published: published.events,
    messages: published.messages,
    body_mb: round(published.bytes / 1e6),
    stored,
    lost: published.events - stored,
    duplicates: sum(ingests.map((ingest) => ingest.duplicates)),
    rejected: sum(ingests.map((ingest) => ingest.rejected)),
    dropped: sum(ingests.map((ingest) => ingest.dropped)),
    gaps: watched.last[0]!.gaps.map(toGapText).join(', ') || 'none',
    publish_s: round(published.seconds, 2),
    store_s: round(watched.seconds, 2),
    events_per_s: Math.round(stored / watched.seconds),
    cpu_us_per_event:
      cpuBefore === null || cpuAfter === null ? null : round(((cpuAfter - cpuBefore) * 1e6) / published.events),
    rss_peak_mb: memory.map((figures) => figures && Math.round(figures.rssPeakMb)).join(' '),
    rss_mb_by_minute: watched.rssMbByMinute.map(Math.round).join(' '),
    commit_p50_ms: round(Math.max(...ingests.map((ingest) => ingest.commit_ms?.p50 ?? 0))),
    commit_p99_ms: round(Math.max(...ingests.map((ingest) => ingest.commit_ms?.p99 ?? 0))),
    event_loop_p99_ms: round(watched.eventLoopP99Ms),
  };
}

/** How much of the loss it explains is seen by how long it is. */
function toGapText({ why, from, to }: GapBody): string {
  return to === null ? `${why}, not over` : `${why} of ${(to - from).toFixed(1)} s`;
}

function cpuSecondsOf(programs: Program[]): number | null {
  const seconds = programs.map((program) => program.cpuSeconds()).filter((each) => each !== null);
  return seconds.length === programs.length ? sum(seconds) : null;
}

const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);

/** Looks on until all that is published is stored. */
async function watch(
  programs: Program[],
  publishing: Promise<Published>,
  eventsBefore: number,
  isAtRate: boolean,
): Promise<Watched> {
  const startedMs = performance.now();
  const watched: Watched = { seconds: 0, last: [], eventLoopP99Ms: 0, rssMbByMinute: [] };
  let expected = Infinity;
  publishing.then(
    (done) => (expected = done.events),
    () => undefined,
  );
  let lastChangeMs = startedMs;
  let stored = 0;
  while (stored < expected && (expected === Infinity || performance.now() - lastChangeMs < lostAfterMs)) {
    await sleep(isAtRate ? pollEveryMs.atRate : pollEveryMs.flatOut);
    watched.last = await Promise.all(programs.map((program) => program.status()));
    const now = watched.last[0]!.store.events - eventsBefore;
    if (now > stored) lastChangeMs = performance.now();
    stored = now;
    watched.seconds = (lastChangeMs - startedMs) / 1000;
    watched.eventLoopP99Ms = Math.max(
      watched.eventLoopP99Ms,
      ...watched.last.map((status) => status.event_loop_ms.p99),
    );
    const minutes = Math.floor((performance.now() - startedMs) / 60_000);
    if (minutes > watched.rssMbByMinute.length) {
      watched.rssMbByMinute.push(Math.max(...programs.map((program) => program.memory()?.rssMb ?? 0)));
      say(`after ${minutes} min: ${stored} events stored, RSS ${Math.round(watched.rssMbByMinute.at(-1)!)} MB`);
    }
  }
  return watched;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
