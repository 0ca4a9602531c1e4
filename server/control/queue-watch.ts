/**
 * Queues as they are, and as they were.
 *
 * In: names of queues that workers consume, or that the user names; the broker's answers. Out: what waits in each, for
 * those who ask, and once a minute at most for the history. It only looks.
 */
import { isName } from '../contract/names.ts';
import type { BrokerLook, QueueLook, QueueLooks } from '../brokers/queue-looks.ts';
import type {
  BrokerBody,
  NamedQueueDepth,
  OldestMessageBody,
  QueueBody,
  QueueLengthsBody,
  QueuesBody,
} from '../contract/queues.ts';
import type { Inspection } from '../contract/workers.ts';
import type { Log } from '../log.ts';
import { toConsumedQueues } from './consumed-queues.ts';
import { toTroubleText } from './trouble.ts';

export interface QueueWatchSources {
  looks: QueueLooks;
  /** What workers said when they were last inspected. */
  inspections: () => readonly (readonly [hostname: string, inspection: Inspection])[];
  /** Whether a worker lives. */
  isAlive: (hostname: string) => boolean;
  /** When a task was sent, epoch seconds; null: nobody said. */
  sentAt: (uuid: string) => Promise<number | null>;
  save: (depths: readonly NamedQueueDepth[]) => void;
  log: Pick<Log, 'info' | 'warn'>;
  /** Epoch seconds. */
  now: () => number;
}

export interface QueueWatchOptions {
  /** Between two looks; 0: only when asked. */
  everyMs: number;
  /** Queues to look at whoever consumes them. */
  queues: readonly string[];
  /** The broker's URL without its password. */
  brokerUrl: string;
}

/** What is asked of it by those who show queues. */
export type QueueView = Pick<QueueWatch, 'lengths' | 'list' | 'broker'>;

/** Celery's default, when no worker says what it consumes. */
const defaultQueue = 'celery';
const mostQueues = 200;
/** However many ask, the broker is not asked more often. */
const freshS = 1;

export class QueueWatch {
  readonly #sources: QueueWatchSources;
  readonly #options: QueueWatchOptions;
  readonly #firstSeen = new Map<string, { uuid: string; at: number }>();
  #looked: { at: number; looks: QueueLook[] } | null = null;
  #looking: Promise<void> | null = null;
  #queues: QueueBody[] = [];
  #savedMinute = 0;
  #error: string | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(sources: QueueWatchSources, options: QueueWatchOptions) {
    this.#sources = sources;
    this.#options = options;
  }

  start(): void {
    const { everyMs } = this.#options;
    if (everyMs > 0) this.#timer = setInterval(() => void this.#look().catch(() => undefined), everyMs);
  }

  async stop(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    await this.#sources.looks.close();
  }

  /** @throws {AppError} `broker_unavailable` */
  async lengths(): Promise<QueueLengthsBody> {
    await this.#look();
    const items = (this.#looked?.looks ?? []).map(({ name, ready, unacked, record }) => ({
      ...record,
      name,
      messages: toNumber(record?.['messages']) ?? ready + (unacked ?? 0),
    }));
    return { active_queues: items };
  }

  /** @throws {AppError} `broker_unavailable` when it could never be asked */
  async list(): Promise<QueuesBody> {
    await this.#look().catch((error: unknown) => {
      if (this.#looked === null) throw error;
    });
    return { queues: this.#queues, error: this.#error };
  }

  /** @throws {AppError} `broker_unavailable` */
  async broker(): Promise<BrokerBody> {
    return toBrokerBody(await this.#sources.looks.broker(), this.#options.brokerUrl);
  }

  /** Who comes while a look is under way waits for that one. */
  #look(): Promise<void> {
    if (this.#looked && this.#sources.now() - this.#looked.at < freshS) return Promise.resolve();
    this.#looking ??= this.#lookNow()
      .then(() => this.#tell(null))
      .catch((error: unknown) => {
        this.#tell(toTroubleText(error));
        throw error;
      })
      .finally(() => (this.#looking = null));
    return this.#looking;
  }

  async #lookNow(): Promise<void> {
    const { looks: broker, inspections, isAlive, now } = this.#sources;
    const consumed = toConsumedQueues(inspections());
    const known = consumed.size > 0 ? [...consumed.keys()].sort() : [defaultQueue];
    const names = [...new Set([...this.#options.queues, ...known])].filter(isName).slice(0, mostQueues);
    const looks = await broker.queues(names);
    const at = now();
    const queues = await Promise.all(
      looks.map(async (look): Promise<QueueBody> => {
        const workers = consumed.get(look.name) ?? [];
        const consumers = look.consumers ?? workers.filter(isAlive).length;
        return {
          ...toQueueBody(look, at),
          consumers,
          workers,
          growth: this.#growthOf(look, at),
          oldest: await this.#oldestOf(look, at),
        };
      }),
    );
    this.#looked = { at, looks };
    this.#queues = queues;
    for (const queue of this.#firstSeen.keys()) if (!names.includes(queue)) this.#firstSeen.delete(queue);
    this.#save(at);
  }

  #growthOf({ name, ready }: QueueLook, at: number): number | null {
    const before = this.#queues.find((queue) => queue.name === name);
    return before && at > before.at ? (ready - before.ready) / (at - before.at) : null;
  }

  /** Task messages do not say when they were sent. An event may; or it waits since it was first seen there. */
  async #oldestOf({ name, oldest }: QueueLook, at: number): Promise<OldestMessageBody | null> {
    const { uuid = null, since = null } = oldest ?? {};
    if (since !== null) return { uuid, age: Math.max(0, at - since), at_least: false };
    if (uuid === null) return null;
    const sent = await this.#sources.sentAt(uuid).catch(() => null);
    if (sent !== null) return { uuid, age: Math.max(0, at - sent), at_least: false };
    let seen = this.#firstSeen.get(name);
    if (seen?.uuid !== uuid) this.#firstSeen.set(name, (seen = { uuid, at }));
    return { uuid, age: at - seen.at, at_least: true };
  }

  #save(at: number): void {
    const minute = Math.floor(at / 60);
    if (minute === this.#savedMinute || this.#options.everyMs === 0) return;
    this.#savedMinute = minute;
    const depths = this.#queues.map(({ name, ready, unacked, consumers }) => ({
      queue: name,
      at: minute * 60,
      ready,
      unacked,
      consumers,
    }));
    if (depths.length > 0) this.#sources.save(depths);
  }

  /** Once when it begins, and once when it is over. */
  #tell(error: string | null): void {
    if (error === this.#error) return;
    this.#error = error;
    if (error === null) this.#sources.log.info('queues can be looked at again');
    else this.#sources.log.warn('queues cannot be looked at now', { why: error });
  }
}

function toQueueBody(look: QueueLook, at: number): Omit<QueueBody, 'workers' | 'growth' | 'oldest'> {
  const { name, ready, unacked, consumers, byPriority, publishRate, deliverRate } = look;
  return {
    name,
    at,
    ready,
    unacked,
    consumers,
    by_priority: byPriority,
    publish_rate: publishRate,
    deliver_rate: deliverRate,
  };
}

function toBrokerBody(
  { kind, version, memoryBytes, connections, uptimeS, unacked }: BrokerLook,
  url: string,
): BrokerBody {
  return { kind, url, version, memory_bytes: memoryBytes, connections, uptime: uptimeS, unacked };
}

function toNumber(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
