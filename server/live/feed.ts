/**
 * In: what each commit changed, and pages that say what they show. Out: messages of contract/live.ts to those pages, at
 * most four times a second each. It keeps no queue: a page that cannot keep up is told the present state later, so
 * memory does not grow with traffic or with slow readers. While no page is open it does nothing at all.
 */
import type { LiveMessage, LiveRequest } from '../contract/live.ts';
import type { TaskBody } from '../contract/tasks.ts';
import type { Log } from '../log.ts';
import type { StatusQuery, TaskQueries } from '../query/queries.ts';
import type { ShowTask } from '../query/shown-task.ts';
import { Changes, listedTasks, type LiveChange } from './changes.ts';
import { Client, type LazyText, type LiveSink } from './client.ts';
import { EventLog } from './event-log.ts';
import type { WorkerRegistry } from './worker-registry.ts';

export interface LiveSources {
  /** Answered with tasks as they are to be seen. */
  tasks: Pick<TaskQueries, 'list' | 'find'>;
  /** How a task that is told of as it changes is to be seen. */
  showTask?: ShowTask;
  workers: WorkerRegistry;
  status: StatusQuery;
  log: Pick<Log, 'warn'>;
  /** Epoch seconds. */
  now: () => number;
}

/** A page's subscription: what it wants from now on, and its end. */
export type LiveClient = Pick<Client, 'subscribe' | 'leave'>;

const flushEveryMs = 250;
const lookEveryMs = 1000;
const statusEveryMs = 2000;

export class LiveFeed {
  readonly #sources: LiveSources;
  readonly #clients = new Set<Client>();
  readonly #events = new EventLog();
  #changes = new Changes();
  #flushTimer: NodeJS.Timeout | null = null;
  #lastFlushMs = -Infinity;
  #intervals: NodeJS.Timeout[] = [];
  #statusText: string | null = null;
  #isAskingStatus = false;
  #complaint = '';
  /** Who was alive at the last look. */
  #alive = '';

  constructor(sources: LiveSources) {
    this.#sources = sources;
  }

  /** To be called after a commit, when its tasks can be queried and the registry has its workers. */
  publish(change: LiveChange): void {
    if (this.#clients.size === 0) return;
    this.#changes.add(change);
    if (this.#isFollowed('events')) this.#events.add(change, this.#sources.showTask);
    else this.#events.clear();
    this.#flushSoon();
  }

  join(sink: LiveSink): LiveClient {
    const client = new Client(sink, {
      readSnapshot: (topic) => this.#readSnapshot(topic),
      onError: (error) => this.#complain(error),
      onBehind: () => this.#flushSoon(),
    });
    this.#clients.add(client);
    if (this.#clients.size === 1) this.#start();
    else if (this.#statusText !== null) sink.send(this.#statusText);
    return {
      subscribe: (topics) => client.subscribe(topics),
      leave: () => {
        client.leave();
        this.#clients.delete(client);
        if (this.#clients.size === 0) this.#stop();
      },
    };
  }

  #start(): void {
    this.#intervals = [
      setInterval(() => this.#look(), lookEveryMs),
      setInterval(() => void this.#tellStatus(), statusEveryMs),
    ];
    this.#alive = this.#aliveText();
    void this.#tellStatus();
  }

  #stop(): void {
    this.#intervals.forEach(clearInterval);
    if (this.#flushTimer) clearTimeout(this.#flushTimer);
    this.#flushTimer = null;
    this.#statusText = null;
    this.#changes = new Changes();
  }

  #flushSoon(): void {
    if (this.#clients.size === 0) return;
    const waitMs = Math.max(0, this.#lastFlushMs + flushEveryMs - performance.now());
    this.#flushTimer ??= setTimeout(() => this.#flush(), waitMs);
  }

  #flush(): void {
    this.#flushTimer = null;
    this.#lastFlushMs = performance.now();
    const changes = this.#changes;
    this.#changes = new Changes();
    const tasks = once(() => toText(changes.toTasksMessage(this.#sources.showTask)));
    const workers = once(() => this.#workersText());
    const { hasUnsent: hasEvents } = this.#events;
    const eventsMessage = this.#events.take();
    const events = once(() => toText(eventsMessage));
    for (const client of this.#clients) {
      if (changes.hasTasks) client.offer('tasks', tasks);
      if (changes.hasWorkers) client.offer('workers', workers);
      if (hasEvents) client.offer('events', events);
      client.outdateTasks((uuid) => changes.concerns(uuid));
      void client.catchUp();
    }
  }

  #isFollowed(topic: LiveRequest['topic']): boolean {
    return [...this.#clients].some((client) => client.follows(topic));
  }

  /** Workers fall silent, and slow pages catch up, without any commit. */
  #look(): void {
    const clients = [...this.#clients];
    if (this.#isFollowed('workers')) {
      const alive = this.#aliveText();
      if (alive !== this.#alive) this.#changes.hasWorkers = true;
      this.#alive = alive;
    }
    if (this.#changes.hasWorkers || clients.some((client) => client.isBehind)) this.#flushSoon();
  }

  async #tellStatus(): Promise<void> {
    if (this.#isAskingStatus) return;
    this.#isAskingStatus = true;
    try {
      const text = toText({ topic: 'status', status: await this.#sources.status() });
      if (this.#clients.size > 0) this.#statusText = text;
      for (const client of this.#clients) client.offerPassing(() => text);
    } catch (error) {
      this.#complain(error);
    } finally {
      this.#isAskingStatus = false;
    }
  }

  /** A store that is away fails many times a second: its reason is logged when it is a new one. */
  #complain(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    if (reason === this.#complaint) return;
    this.#complaint = reason;
    this.#sources.log.warn('Live pages could not be brought up to date', { error });
  }

  async #readSnapshot(topic: LiveRequest): Promise<string | null> {
    if (topic.topic === 'workers') return this.#workersText();
    if (topic.topic === 'events') return toText(this.#events.snapshot());
    if (topic.topic === 'tasks') {
      const tasks: TaskBody[] = [];
      for await (const chunk of this.#sources.tasks.list({ offset: 0, limit: listedTasks })) tasks.push(...chunk);
      return toText({ topic: 'tasks', tasks, dropped: 0, snapshot: true });
    }
    const task = await this.#sources.tasks.find(topic.uuid);
    return task ? toText({ topic: 'task', uuid: topic.uuid, task }) : null;
  }

  #aliveText(): string {
    return JSON.stringify(this.#sources.workers.status(this.#sources.now()));
  }

  #workersText(): string {
    return toText({ topic: 'workers', workers: this.#sources.workers.list(this.#sources.now()) });
  }
}

function toText(message: LiveMessage): string {
  return JSON.stringify(message);
}

function once(make: LazyText): LazyText {
  let text: string | undefined;
  return () => (text ??= make());
}
