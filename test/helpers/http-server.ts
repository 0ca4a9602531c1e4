import { fileURLToPath } from 'node:url';
import type request from 'supertest';
import { afterEach } from 'vitest';
import { checkArguments, type OrderMethod } from '../../server/celery/control-arguments.ts';
import type { CoverageBody } from '../../server/contract/coverage.ts';
import type { RejectsBody } from '../../server/contract/rejects.ts';
import type { BrokerBody, QueueLengthsBody, QueuesBody } from '../../server/contract/queues.ts';
import type { StatusBody } from '../../server/contract/status.ts';
import type { TaskBody, TaskEventBody } from '../../server/contract/tasks.ts';
import type { Inspection } from '../../server/contract/workers.ts';
import type { InspectorView } from '../../server/control/inspector.ts';
import type { Orders, Outcome } from '../../server/control/orders.ts';
import type { QueueView } from '../../server/control/queue-watch.ts';
import { openHttpServer, type HttpOptions, type HttpServices } from '../../server/http/server.ts';
import type { Log } from '../../server/log.ts';
import { LiveFeed } from '../../server/live/feed.ts';
import { WorkerRegistry } from '../../server/live/worker-registry.ts';
import { openFakeCalls } from './fake-calls.ts';
import { FakeSearch, openFakeAnswers } from './fake-search.ts';
import type { TaskQueries, TaskQuery, Workflow } from '../../server/query/queries.ts';

const webRoot = fileURLToPath(new URL('../fixtures/web', import.meta.url));
const apiDocument = fileURLToPath(new URL('../fixtures/openapi.json', import.meta.url));

/** The questions of the HTTP room, answered from a list; what was asked is kept. */
export class FakeTasks implements TaskQueries {
  readonly asked: TaskQuery[] = [];
  readonly stored: TaskBody[];
  readonly storedEvents = new Map<string, TaskEventBody[]>();
  /** Thrown by every question. */
  failure: Error | null = null;
  chunkSize = 2;

  constructor(stored: TaskBody[] = []) {
    this.stored = stored;
  }

  async *list(query: TaskQuery): AsyncGenerator<TaskBody[]> {
    this.asked.push(query);
    await this.#answer();
    const found = this.stored.slice(query.offset, query.offset + query.limit);
    for (let i = 0; i < found.length; i += this.chunkSize) yield found.slice(i, i + this.chunkSize);
  }

  async find(uuid: string): Promise<TaskBody | undefined> {
    await this.#answer();
    return this.stored.find((task) => task.uuid === uuid);
  }

  async events(uuid: string): Promise<TaskEventBody[] | undefined> {
    await this.#answer();
    return this.storedEvents.get(uuid);
  }

  async workflow(uuid: string): Promise<Workflow | undefined> {
    await this.#answer();
    return this.stored.some((task) => task.uuid === uuid) ? { tasks: this.stored, cut: false } : undefined;
  }

  async types(): Promise<string[]> {
    await this.#answer();
    return ['tasks.add', 'tasks.mul'];
  }

  #answer(): Promise<void> {
    return this.failure ? Promise.reject(this.failure) : Promise.resolve();
  }
}

export const sampleStatus: StatusBody = {
  version: '0.0.0',
  read_only: false,
  retention_limits: { tasks: null, failures: null, events: null, bytes: null, metrics: 604_800 },
  uptime: 1,
  event_loop_ms: { p50: 0, p99: 0 },
  brokers: [{ url: 'redis://localhost:6379/0', connected: true, since: 1000, error: null }],
  ingest: {
    received: 5,
    stored: 5,
    backlog: 0,
    spool_bytes: 0,
    lag_ms: 0,
    rejected: 0,
    events_per_s: 0.5,
    commit_ms: null,
    duplicates: 0,
    dropped: 0,
    error: null,
  },
  store: {
    engine: 'sqlite',
    tasks: 1,
    events: 5,
    bytes: 4096,
    segments: 1,
    oldest: 1000,
    retention: { last: null, next: null },
    error: null,
  },
  gaps: [],
};

export const sampleCoverage: CoverageBody = {
  from: 0,
  to: 60,
  gaps: [],
  lag_ms: 3,
  workers: [{ hostname: 'w1@alpha', processed: 4, seen: 3, ratio: 0.75 }],
  over_time: [{ from: 0, to: 60, processed: 4, seen: 3, ratio: 0.75 }],
};

export const sampleRejects: RejectsBody = {
  rejects: [
    {
      reason: 'The event is no object.',
      broker: 'redis://localhost:6379/0',
      content_type: 'application/json',
      count: 2,
      first: 1000,
      last: 1001,
      routing_key: 'task.multi',
      excerpt: '[1',
    },
  ],
};

export interface LogLine {
  level: keyof Log;
  fields: unknown;
  message: string;
}

/** A log that is kept instead of written. */
export class FakeLog implements Log {
  readonly lines: LogLine[] = [];
  readonly debug = this.#at('debug');
  readonly info = this.#at('info');
  readonly warn = this.#at('warn');
  readonly error = this.#at('error');

  #at(level: LogLine['level']): Log['info'] {
    return (message, fields = {}) => void this.lines.push({ level, fields, message });
  }
}

export const openApi: Partial<HttpOptions> = { unauthenticatedApi: true };

export const plainOptions: HttpOptions = {
  address: '127.0.0.1',
  port: 0,
  unixSocket: '',
  certfile: '',
  keyfile: '',
  caCerts: '',
  urlPrefix: '',
  xheaders: false,
  maxTasks: 100_000,
  readOnly: false,
  pageSettings: { tasks_columns: null, auto_refresh: true, natural_time: false, result_backend: false },
  basicAuth: [],
  unauthenticatedApi: false,
  cookieSecret: 'a secret of the tests',
};

/** What a request was answered; the body is to be checked before it is believed. */
export async function answerOf(sent: request.Test) {
  const answer = await sent;
  const headers = answer.headers as Record<string, string>;
  return { status: answer.status, headers, text: answer.text, body: answer.body as unknown };
}

/** What the control room knows, from a list; who was asked for anew, and who is to be asked soon, is kept. */
export class FakeInspector implements InspectorView {
  readonly refreshed: (string | undefined)[] = [];
  readonly soon: string[] = [];
  readonly inspections = new Map<string, Inspection>();
  /** Thrown by every refresh. */
  failure: Error | null = null;

  find(hostname: string): Inspection | undefined {
    return this.inspections.get(hostname);
  }

  list(): [string, Inspection][] {
    return [...this.inspections];
  }

  knowsTask(name: string): boolean {
    return [...this.inspections.values()].some(({ registered }) => registered?.includes(name));
  }

  async refresh(hostname?: string): Promise<void> {
    if (this.failure) throw this.failure;
    this.refreshed.push(hostname);
  }

  askSoon(hostname: string): void {
    this.soon.push(hostname);
  }
}

/** One queue, in which two tasks wait. */
export class FakeQueues implements QueueView {
  /** Thrown by every question. */
  failure: Error | null = null;

  async lengths(): Promise<QueueLengthsBody> {
    return this.#answer({ active_queues: [{ name: 'celery', messages: 2 }] });
  }

  async list(): Promise<QueuesBody> {
    return this.#answer({ queues: [], error: null });
  }

  async broker(): Promise<BrokerBody> {
    const unknown = { version: null, memory_bytes: null, connections: null, uptime: null, unacked: null };
    return this.#answer({ kind: 'redis', url: 'redis://localhost:6379/0', ...unknown });
  }

  #answer<T>(body: T): T {
    if (this.failure) throw this.failure;
    return body;
  }
}

/** Orders that pass the check of their arguments, kept instead of sent. */
export class FakeOrders implements Orders {
  readonly given: { method: OrderMethod; args: unknown; hostname: string | undefined }[] = [];
  outcome: Outcome = { ok: true, said: 'done' };

  async give(method: OrderMethod, args: unknown, hostname: string): Promise<Outcome> {
    this.#keep(method, args, hostname);
    return this.outcome;
  }

  async tell(method: OrderMethod, args: unknown, hostname?: string): Promise<void> {
    this.#keep(method, args, hostname);
  }

  #keep(method: OrderMethod, args: unknown, hostname: string | undefined): void {
    this.given.push({ method, args: checkArguments(method, args), hostname });
  }
}

const opened: { stop(graceMs?: number): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((server) => server.stop(0)));
});

/** Everything behind the server, faked where it is not given. */
export function fakeServices(services: Partial<HttpServices> = {}) {
  const tasks = services.tasks ?? new FakeTasks();
  const workers = services.workers ?? new WorkerRegistry(100);
  const status = services.status ?? (() => Promise.resolve(sampleStatus));
  const log = new FakeLog();
  const now = (): number => Date.now() / 1000;
  const feed = new LiveFeed({ tasks, workers, status, log, now });
  return {
    tasks,
    search: openFakeAnswers(new FakeSearch()),
    workers,
    inspector: new FakeInspector(),
    orders: new FakeOrders(),
    calls: openFakeCalls(),
    queues: new FakeQueues(),
    depths: async () => [],
    allDepths: async (from, to) => ({ from, to, step: 60, queues: [] }),
    status,
    coverage: () => Promise.resolve(sampleCoverage),
    rejects: () => Promise.resolve(sampleRejects),
    metrics: { contentType: 'text/plain; version=0.0.4; charset=utf-8', text: async () => '' },
    log,
    feed,
    webRoot,
    apiDocument,
    ...services,
  } satisfies HttpServices;
}

/** A listening server with everything behind it faked; it stops by itself after the test. */
export async function startHttp(options: Partial<HttpOptions> = {}, services: Partial<HttpServices> = {}) {
  const behind = fakeServices(services);
  const server = await openHttpServer({ ...plainOptions, ...options });
  opened.push(server);
  server.serve(behind);
  return { ...server, feed: behind.feed, workers: behind.workers, log: behind.log as FakeLog };
}
