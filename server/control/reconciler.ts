/**
 * When to look after tasks whose end was not seen, and how much at a time.
 *
 * In: connections that come and go, the store's open tasks. Out: facts, handed over to ingest. All open tasks are checked
 * after each connection, after messages were dropped and after a worker was started anew; every so often, those of
 * workers that have fallen silent. It asks and never tells; nothing waits for it; what fails is tried again later.
 */
import type { TaskEvent } from '../celery/event.ts';
import type { Log } from '../log.ts';
import { introduce, reconcile, type OpenTask, type Sightings } from './reconcile.ts';
import type { RemoteControl } from './remote-control.ts';
import type { ResultReader, TaskResult } from './results.ts';
import { askForSightings } from './sightings.ts';
import { toTroubleText } from './trouble.ts';

export interface ReconcilerSources {
  control: Pick<RemoteControl, 'inspect'>;
  /** Null: there is no result backend that can be read. */
  results: ResultReader | null;
  tasks: {
    /** Tasks that have not ended, newest first; see `query/open-tasks.ts`. */
    list(filter: { limit: number; pending: boolean; notOf?: readonly string[] }): Promise<OpenTask[]>;
    find(uuids: readonly string[]): Promise<OpenTask[]>;
  };
  /** All known workers. */
  workers: () => readonly WorkerView[];
  ingest: {
    status(): IngestView;
    onState(listener: (status: IngestView) => void): void;
    infer(events: TaskEvent[]): void;
  };
  log: Pick<Log, 'info' | 'warn'>;
  /** Epoch seconds. */
  now: () => number;
}

export interface WorkerView {
  hostname: string;
  alive: boolean;
  /** Epoch seconds by our own clock. */
  last_heartbeat: number | null;
  /** How many it sent, by type. */
  events: Readonly<Record<string, number>>;
}

export interface IngestView {
  brokers: readonly { connected: boolean; since: number | null }[];
  ingest: { backlog: number; lag_ms: number; dropped: number };
}

export interface ReconcilerOptions {
  /** For the answers of workers. */
  inspectTimeoutMs: number;
  /** Seconds of silence after which a worker that does not answer counts as gone. */
  lostAfterS: number;
  /** Between two looks at silent workers. */
  everyMs: number;
  /** How long an event that was received takes to be stored, with some to spare. */
  settleMs?: number;
  /** Open tasks in one run. */
  maxTasks?: number;
}

/** Ingest that is further behind has heartbeats waiting: nobody is called silent then. */
const longestLagMs = 5000;
/** A worker without remote control never answers: after so many runs in a row it is asked ever more rarely. */
const patientRuns = 5;
/** The longest rest between two such runs, in looks. */
const longestRest = 128;
/** Events handed over at a time. */
const eventsAtOnce = 1000;

export class Reconciler {
  readonly #sources: ReconcilerSources;
  readonly #options: Required<ReconcilerOptions>;
  readonly #stopping = new AbortController();
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;
  /** All open tasks are to be checked, also those of living workers. */
  #owesAll = false;
  /** Since when all brokers are connected, epoch seconds. */
  #listeningSince: number | null = null;
  #dropped = 0;
  /** Runs in a row in which a living worker did not tell everything, and looks until the next such run; 0: none. */
  #silentRuns = 0;
  #rest = 0;
  /** Why the last run failed. */
  #trouble: string | null = null;
  /** How often each worker has said that it starts. */
  #starts = new Map<string, number>();

  constructor(sources: ReconcilerSources, options: ReconcilerOptions) {
    this.#sources = sources;
    this.#options = { settleMs: 1500, maxTasks: 10_000, ...options };
  }

  start(): void {
    this.#sources.ingest.onState((status) => this.#noteConnections(status));
    this.#noteStarts();
    this.#noteConnections(this.#sources.ingest.status());
    this.#timer = setInterval(() => this.#tick(), this.#options.everyMs);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    if (this.#timer) clearInterval(this.#timer);
    await this.#running;
  }

  /** Once for each reason: a user who may not ask workers may not for ever. */
  #tellTrouble(error: string): void {
    if (error === this.#trouble) return;
    this.#trouble = error;
    this.#sources.log.warn('open tasks could not be checked; they will be later', { error });
  }

  #noteConnections({ brokers }: IngestView): void {
    const isListening = brokers.every(({ connected }) => connected);
    const since = isListening ? Math.max(...brokers.map((broker) => broker.since ?? 0)) : null;
    if (since === this.#listeningSince) return;
    this.#listeningSince = since;
    if (since === null) return;
    this.#owesAll = true;
    this.#run();
  }

  #tick(): void {
    const { dropped } = this.#sources.ingest.status().ingest;
    // The count goes down when the threads of ingest are started anew.
    if (dropped > this.#dropped) this.#owesAll = true;
    this.#dropped = dropped;
    if (this.#noteStarts()) this.#owesAll = true;
    if (this.#rest > 0 && --this.#rest === 0) this.#owesAll = true;
    this.#run();
  }

  /** Whether a worker came anew since the last look: what a process of its name ran before ended with that. */
  #noteStarts(): boolean {
    const before = this.#starts;
    const starts = this.#sources
      .workers()
      .map(({ hostname, events }) => [hostname, events['worker-online'] ?? 0] as const);
    this.#starts = new Map(starts);
    return starts.some(([hostname, count]) => count > (before.get(hostname) ?? 0));
  }

  /** One run at a time; what comes up during one, or failed in it, is done at the next tick at the latest. */
  #run(): void {
    if (this.#running || this.#listeningSince === null || this.#stopping.signal.aborted) return;
    const all = this.#owesAll;
    this.#owesAll = false;
    this.#running = this.#check(all)
      .then(() => (this.#trouble = null))
      .catch((error: unknown) => {
        if (this.#stopping.signal.aborted) return;
        this.#owesAll ||= all;
        this.#tellTrouble(toTroubleText(error));
      })
      .then(() => {
        this.#running = null;
        if (this.#owesAll && !all) this.#run();
      });
  }

  async #check(all: boolean): Promise<void> {
    const open = await this.#listOpen(all);
    if (!all && open.length === 0) return;
    const { control, now } = this.#sources;
    const [sightings, results] = await Promise.all([
      askForSightings(control, this.#options.inspectTimeoutMs, now),
      this.#readResults(open),
    ]);
    if (all) this.#askAgainWhoKeptSilent(sightings);
    const events = reconcile(open, this.#know(sightings, results));
    const ofInterest = [...events.map(({ uuid }) => uuid), ...(all ? this.#unknownAmong(sightings, open) : [])];
    if (ofInterest.length === 0) return;
    // What was on its way to us while we asked is stored by then, and needs no inferring.
    await pause(this.#options.settleMs, this.#stopping.signal);
    if (this.#stopping.signal.aborted) return;
    const known = await this.#sources.tasks.find(ofInterest);
    const learnt = reconcile(known, this.#know(sightings, results));
    const found = new Set(known.map(({ uuid }) => uuid));
    const strangers = ofInterest.flatMap((uuid) => (found.has(uuid) ? [] : (sightings.tasks.get(uuid) ?? [])));
    this.#handOver([...learnt, ...introduce(strangers, now())]);
  }

  /** A worker that is busy, or has just been started, may answer too late: without its word its tasks stay as they are. */
  #askAgainWhoKeptSilent({ complete }: Sightings): void {
    const silent = this.#sources.workers().filter(({ hostname, alive }) => alive && !complete.has(hostname));
    this.#silentRuns = silent.length === 0 ? 0 : this.#silentRuns + 1;
    const rest = Math.min(2 ** Math.max(0, this.#silentRuns - patientRuns), longestRest);
    this.#rest = this.#silentRuns === 0 ? 0 : rest;
  }

  #listOpen(all: boolean): Promise<OpenTask[]> {
    const { tasks } = this.#sources;
    const { maxTasks: limit } = this.#options;
    if (all) return tasks.list({ limit, pending: true });
    if (!this.#canTellSilence()) return Promise.resolve([]);
    const talking = this.#sources.workers().filter((worker) => !this.#hasBeenSilent(worker));
    return tasks.list({ limit, pending: false, notOf: talking.map(({ hostname }) => hostname) });
  }

  #unknownAmong(sightings: Sightings, open: readonly OpenTask[]): string[] {
    const listed = new Set(open.map(({ uuid }) => uuid));
    return [...sightings.tasks.keys()].filter((uuid) => !listed.has(uuid)).slice(0, this.#options.maxTasks);
  }

  #know(sightings: Sightings, results: ReadonlyMap<string, TaskResult> | null) {
    const workers = new Map(this.#sources.workers().map((worker) => [worker.hostname, worker]));
    const isSilent = (hostname: string): boolean => {
      return this.#canTellSilence() && this.#hasBeenSilent(workers.get(hostname));
    };
    return { sightings, results, isSilent, now: this.#sources.now() };
  }

  /** Without a backend every result is missing, and says nothing; null when there is one and it cannot be read. */
  async #readResults(open: readonly OpenTask[]): Promise<ReadonlyMap<string, TaskResult> | null> {
    const { results, log } = this.#sources;
    if (!results) return new Map();
    try {
      return await results.read(open.map(({ uuid }) => uuid));
    } catch (error) {
      log.warn('results could not be read; they will be later', { error: toTroubleText(error) });
      this.#owesAll = true;
      return null;
    }
  }

  #canTellSilence(): boolean {
    const { backlog, lag_ms: lagMs } = this.#sources.ingest.status().ingest;
    return this.#listeningSince !== null && (backlog === 0 || lagMs < longestLagMs);
  }

  /** By Celery's rule, and for so long that we would have heard it: silence counts only while we listen. */
  #hasBeenSilent(worker: WorkerView | undefined): boolean {
    if (worker?.alive) return false;
    const heardAt = Math.max(worker?.last_heartbeat ?? 0, this.#listeningSince ?? Infinity);
    return this.#sources.now() - heardAt > this.#options.lostAfterS;
  }

  #handOver(events: TaskEvent[]): void {
    for (let at = 0; at < events.length; at += eventsAtOnce) {
      this.#sources.ingest.infer(events.slice(at, at + eventsAtOnce));
    }
    const bySource: Record<string, number> = {};
    for (const { source } of events) bySource[String(source)] = (bySource[String(source)] ?? 0) + 1;
    if (events.length > 0) this.#sources.log.info('learnt of tasks whose events were not seen', bySource);
  }
}

/** Cut short by `signal`. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
