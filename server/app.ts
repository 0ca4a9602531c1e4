/**
 * The composition root: builds the house from a configuration and starts it; the only file that knows every room.
 * What comes in at the brokers goes through ingest into the store, and from there to queries, live pages and HTTP.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openQueueLooks } from './brokers/queue-looks.ts';
import { readQueueOptions } from './brokers/redis-queues.ts';
import { maskUrl } from './brokers/url-text.ts';
import type { Config } from './config/options.ts';
import type { Worker } from './domain/worker.ts';
import { Inspector } from './control/inspector.ts';
import { openOrders } from './control/orders.ts';
import { QueueWatch } from './control/queue-watch.ts';
import { Reconciler } from './control/reconciler.ts';
import { openRemoteControl, type RemoteControl } from './control/remote-control.ts';
import type { ResultBackend } from './control/results.ts';
import { readStored } from './control/stored-inspection.ts';
import { watchEventLoop } from './event-loop.ts';
import { openHttpServer, type HttpServer } from './http/server.ts';
import { logIngest } from './ingest-log.ts';
import { readRedactions } from './ingest/redact.ts';
import { LiveFeed } from './live/feed.ts';
import { openMetrics, type Metrics, type MetricsSources } from './live/metrics.ts';
import { followSharedWorkers } from './live/shared-workers.ts';
import { WorkerRegistry } from './live/worker-registry.ts';
import type { Log } from './log.ts';
import { packageRoot, version } from './package-root.ts';
import { openCoverageQuery, toRatio } from './query/coverage.ts';
import { withSearch } from './query/flower-search.ts';
import { readBegin } from './query/begin.ts';
import { countGaps, readGaps } from './query/gaps.ts';
import { readHeardWorkers } from './query/heard-workers.ts';
import { openOpenTaskQueries } from './query/open-tasks.ts';
import { openSearchAnswers } from './query/search-answers.ts';
import { openSearchQueries } from './query/search/open-search.ts';
import { openShowTask, showSearch, showTasks, type ShowTask } from './query/shown-task.ts';
import { openAllQueueDepthsQuery, openQueueDepthQuery } from './query/queue-depths.ts';
import { readPrefetched } from './query/prefetched.ts';
import { openRejectsQuery } from './query/rejects.ts';
import type { CoverageQuery, StatusQuery } from './query/queries.ts';
import { openStatusQuery } from './query/status.ts';
import { openTaskQueries } from './query/tasks.ts';
import { toBrokerOptions, toHttpOptions, toIngestOptions, toStatusOptions } from './room-options.ts';
import { engineOf, openStoreReader } from './store/open-store.ts';
import type { StoreReader } from './store/store.ts';
import { openIngest, type Ingest } from './threads/open-ingest.ts';
import { openCalls, openResults } from './open-calls.ts';
import { openThread } from './threads/open-thread.ts';
import { collectSooner } from './threads/collector.ts';
import { calmOptimizer } from './threads/optimizer.ts';

export interface App {
  url: string;
  /** Stops taking events, stores what has come in, lets requests finish; within some ten seconds. */
  stop(): Promise<void>;
}

/** Undone in the reverse order, also when the start fails half-way. */
type Undo = () => Promise<unknown>;

/** @throws {AppError} `bad_config` or `store_unavailable`; a broker that is down is no error. */
export async function startApp(config: Config, log: Log): Promise<App> {
  const undos: Undo[] = [];
  const stop = async (): Promise<void> => {
    for (let undo = undos.pop(); undo; undo = undos.pop()) {
      // What cannot be stopped must not keep the rest from it: events still have to be committed.
      await undo().catch((error: unknown) => log.error('Something could not be stopped', { error }));
    }
  };
  try {
    const http = await start(config, log, undos);
    return { url: http.url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(config: Config, log: Log, undos: Undo[]): Promise<HttpServer> {
  const startedMs = performance.now();
  calmOptimizer();
  collectSooner();
  const now = (): number => Date.now() / 1000;
  const http = await openHttpServer(toHttpOptions(config));
  undos.push(() => http.stop());
  const db = await placeOfStore(config, undos);
  const store = await openStoreReader(db, () => openThread('reader', {}));
  undos.push(() => store.close());
  const workers = new WorkerRegistry(config.max_workers, config.purge_offline_workers);
  const uptime = (): number => (performance.now() - startedMs) / 1000;
  const eventLoop = watchEventLoop();
  undos.push(async () => eventLoop.stop());
  const eventLoopDelay = () => eventLoop.delay();
  const ingestStatus = () => ingest.status();
  const status = openStatusQuery({ ...toStatusOptions(config), store, ingest: ingestStatus, uptime, eventLoopDelay });
  const coverage = openCoverageQuery(store, () => ingest.status().ingest.lag_ms);
  const metrics = openAppMetrics(config, { store, workers, status, coverage, ingest: ingestStatus, now });
  const ingest = await openIngest({
    ...toIngestOptions(config, db, log),
    onStoreOpen: async () => {
      workers.load(await store.workers());
      metrics.load({ counters: await store.taskCounters(), prefetched: await readPrefetched(store) });
    },
  });
  let stopped: Promise<void> | undefined;
  const stopIngest = (): Promise<void> => (stopped ??= ingest.stop());
  undos.push(stopIngest);
  logIngest(ingest, log, () => performance.now());
  const showTask = openShownTask(config, log);
  const { tasks, search } = openQueries(config, store, showTask, now);
  const feed = new LiveFeed({ tasks, showTask, workers, status, log, now });
  ingest.onCommit((change) => {
    workers.apply(change);
    metrics.apply(change);
    feed.publish(change);
  });
  if (engineOf(db) === 'postgres') {
    const readHeard = (since: number) => readHeardWorkers(store, since);
    const onHeard = (heard: Worker[]) => feed.publish({ tasks: [], alsoChanged: [], workers: heard });
    const stopFollowing = followSharedWorkers({ readHeard, workers, onHeard, now });
    undos.push(async () => stopFollowing());
  }
  const control = openRemoteControl(toBrokerOptions(config));
  const inspector = openInspector(config, { ingest, control, log, now });
  const orders = openOrders(control, config.inspect_timeout);
  const results = openResults(config, inspector, log);
  const calls = openCalls(config, { ingest, store, inspector, results, now }, undos);
  const sentAt = async (uuid: string) => (await tasks.find(uuid))?.sent ?? null;
  const queues = openQueueWatch(config, { ingest, inspector, workers, sentAt, log, now });
  undos.push(() => queues.stop());
  const depths = openQueueDepthQuery(store);
  const allDepths = openAllQueueDepthsQuery(store);
  // What such a function takes out of tasks may stand in what could not be read as one.
  const rejects = openRejectsQuery(store, { showsExcerpts: config.format_task === null });
  const built = { webRoot: join(packageRoot, 'dist', 'web'), apiDocument: join(packageRoot, 'dist', 'openapi.json') };
  const asked = {
    tasks,
    search,
    workers,
    inspector,
    orders,
    calls,
    queues,
    depths,
    allDepths,
    status,
    coverage,
    rejects,
    metrics,
  };
  http.serve({ ...asked, ...built, showTask, feed, log });
  // Side by side: whoever stops a container waits for ten seconds, and no longer.
  undos.push(() => Promise.all([http.stop(), stopIngest()]));
  inspector.load((await store.inspections()).map(([hostname, json]) => [hostname, readStored(json)]));
  inspector.start();
  queues.start();
  undos.push(async () => inspector.stop());
  if (config.reconcile) startReconciler(config, undos, { ingest, store, workers, control, results, log, now });
  // Last, so that it is first: nobody waits for answers of workers any more.
  undos.push(async () => control.close());
  return http;
}

/** What is asked of the store, answered as it is to be seen. */
function openQueries(config: Config, store: StoreReader, showTask: ShowTask | undefined, now: () => number) {
  const search = openSearchQueries(store);
  const tasks = withSearch(openTaskQueries(store), search);
  const answers = openSearchAnswers({
    queries: showTask ? showSearch(search, showTask) : search,
    gaps: (range) => readGaps(store, range),
    begin: () => readBegin(store),
    timeoutMs: config.query_timeout * 1000,
    now,
  });
  return { tasks: showTask ? showTasks(tasks, showTask) : tasks, search: answers };
}

type MetricsPlace = Pick<MetricsSources, 'workers' | 'ingest' | 'now'> & {
  store: StoreReader;
  status: StatusQuery;
  coverage: CoverageQuery;
};

function openAppMetrics(config: Config, { store, status, coverage, ...place }: MetricsPlace): Metrics {
  const { task_runtime_metric_buckets: runtimeBuckets, purge_offline_workers: purgeAfterS } = config;
  const readStored = async () => {
    const to = place.now();
    const [{ store: figures }, gaps, { workers }] = await Promise.all([
      status(),
      countGaps(store),
      coverage({ from: to - 3600, to }),
    ]);
    return { store: figures, gaps, coverage: toRatio(workers) };
  };
  return openMetrics({ ...place, version, readStored }, { runtimeBuckets, purgeAfterS });
}

type InspectorPlace = Pick<ReconcilerPlace, 'ingest' | 'control' | 'log' | 'now'>;

function openInspector(config: Config, { ingest, ...place }: InspectorPlace): Inspector {
  const redactor = readRedactions(config.redact);
  const inspector = new Inspector(
    {
      ...place,
      redact: (key, value) => redactor?.value(key, value) ?? value,
      save: (saved) => ingest.saveInspections(saved),
    },
    {
      inspectTimeoutMs: config.inspect_timeout,
      everyMs: config.inspect_interval * 1000,
      maxWorkers: config.max_workers,
    },
  );
  ingest.onCommit(({ counts }) => {
    for (const [hostname, byType] of counts) {
      if (byType.has('worker-online')) inspector.askSoon(hostname);
      else if (byType.has('worker-heartbeat')) inspector.meet(hostname);
    }
  });
  return inspector;
}

interface QueueWatchPlace extends Pick<ReconcilerPlace, 'ingest' | 'workers' | 'log' | 'now'> {
  inspector: Inspector;
  sentAt: (uuid: string) => Promise<number | null>;
}

function openQueueWatch(config: Config, { ingest, inspector, workers, ...place }: QueueWatchPlace): QueueWatch {
  const { broker: url, broker_api: brokerApi, broker_transport_options: transport } = config;
  const redis = readQueueOptions(transport, 'broker_transport_options');
  const sources = {
    ...place,
    looks: openQueueLooks({ url, brokerApi, redis }),
    inspections: () => inspector.list(),
    isAlive: (hostname: string) => workers.isAlive(hostname, place.now()) ?? true,
    save: ingest.saveQueueDepths.bind(ingest),
  };
  const everyMs = config.queue_interval * 1000;
  return new QueueWatch(sources, { everyMs, queues: config.queues, brokerUrl: maskUrl(url) });
}

interface ReconcilerPlace {
  ingest: Ingest;
  store: StoreReader;
  workers: WorkerRegistry;
  control: RemoteControl;
  results: ResultBackend | null;
  log: Log;
  now: () => number;
}

function startReconciler(config: Config, undos: Undo[], { store, workers, results, ...place }: ReconcilerPlace): void {
  const sources = {
    ...place,
    results: results?.tellsOfAll ? results : null,
    tasks: openOpenTaskQueries(store),
    workers: () => workers.list(place.now()),
  };
  const lostAfterS = config.lost_after;
  const everyMs = Math.min(lostAfterS, 30) * 1000;
  const reconciler = new Reconciler(sources, { inspectTimeoutMs: config.inspect_timeout, lostAfterS, everyMs });
  reconciler.start();
  undos.push(() => reconciler.stop());
}

function openShownTask({ format_task: format }: Config, log: Log): ShowTask | undefined {
  return format === null ? undefined : openShowTask({ format, warn: (message, fields) => log.warn(message, fields) });
}

/** With `persistent` off history lasts as long as the process: it still goes to a disk, not into memory. */
async function placeOfStore(config: Config, undos: Undo[]): Promise<string> {
  if (config.persistent || engineOf(config.db) === 'postgres') return config.db;
  const folder = await mkdtemp(join(tmpdir(), 'herbarium-'));
  undos.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
