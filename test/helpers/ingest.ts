/** Stand-ins for ingest's two ends, kept in memory: a broker that says what it is told, and a store that can be broken. */
import type { Broadcast, ConsumerHandlers, Delivery, EventConsumer, LossCause } from '../../server/brokers/broker.ts';
import type { TaskEvent } from '../../server/celery/event.ts';
import { mergeTasks, type Task } from '../../server/domain/task.ts';
import type { Batch, Committed } from '../../server/ingest/batch.ts';
import type { Gap, Snapshot } from '../../server/ingest/gaps.ts';
import type { IngestStore } from '../../server/ingest/writer.ts';

export class FakeConsumer implements EventConsumer {
  readonly acked: number[] = [];
  readonly broadcasts: Broadcast[] = [];
  stopped = false;
  #handlers: ConsumerHandlers | null = null;
  #tag = 0;

  constructor(
    readonly maskedUrl: string,
    readonly redelivers: boolean,
  ) {}

  start(handlers: ConsumerHandlers): void {
    this.#handlers = handlers;
  }

  connect(cause?: LossCause): void {
    this.#handlers?.onState({ connected: true, sinceMs: Date.now(), cause });
  }

  disconnect(error: string): void {
    this.#handlers?.onState({ connected: false, sinceMs: Date.now(), error });
  }

  overflow(isOverflowing: boolean): void {
    this.#handlers?.onOverflow(isOverflowing);
  }

  /** One message with these events. */
  deliver(...events: object[]): void {
    this.#tag++;
    this.#handlers?.onDelivery(toDelivery(events, this.#tag));
  }

  ack(tag: number): void {
    this.acked.push(tag);
  }

  reconnect(reason: string, sinceMs: number): void {
    this.#handlers?.onState({ connected: false, sinceMs, error: reason });
  }

  broadcast(message: Broadcast): Promise<void> {
    this.broadcasts.push(message);
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.stopped = true;
    this.#handlers?.onState({ connected: false, sinceMs: Date.now(), error: null });
    return Promise.resolve();
  }
}

/** Keeps what is committed; `fail` is asked before each write. */
export class FakeStore implements IngestStore {
  readonly batches: Batch[] = [];
  readonly tasks = new Map<string, Task>();
  readonly gaps = new Map<string, Gap>();
  readonly snapshots: Snapshot[] = [];
  /** What was done, in order. */
  readonly log: string[] = [];
  readonly #events = new Set<string>();
  fail: (batch: Batch) => Error | null = () => null;
  /** What each write waits for. */
  gate: Promise<void> = Promise.resolve();

  get snapshot(): Snapshot {
    return this.snapshots.at(-1) ?? {};
  }

  async write(batch: Batch): Promise<Committed> {
    const error = this.fail(batch);
    this.log.push(error ? 'failed write' : 'write');
    if (error) throw error;
    await this.gate;
    this.batches.push(batch);
    for (const [uuid, task] of batch.tasks) {
      const before = this.tasks.get(uuid);
      this.tasks.set(uuid, before ? mergeTasks(before, task) : task);
    }
    const counts: Committed['counts'] = new Map();
    let newEvents = 0;
    for (const event of [...batch.taskEvents, ...batch.otherEvents]) {
      const key = JSON.stringify(event);
      if (this.#events.has(key)) continue;
      this.#events.add(key);
      newEvents++;
      const byType = counts.get(event.hostname) ?? new Map<string, number>();
      counts.set(event.hostname, byType.set(event.type, (byType.get(event.type) ?? 0) + 1));
    }
    const tasks = [...batch.tasks.keys()].map((uuid) => this.tasks.get(uuid)!);
    return { tasks, workers: [...batch.workers.values()], newEvents, counts, tallies: [] };
  }

  saveSnapshot(snapshot: Snapshot): Promise<void> {
    this.log.push('snapshot');
    this.snapshots.push(structuredClone(snapshot));
    return Promise.resolve();
  }

  saveGap(gap: Gap): Promise<void> {
    this.log.push(gap.to === null ? 'gap begins' : 'gap ends');
    this.gaps.set(`${gap.broker} ${gap.from}`, { ...gap });
    return Promise.resolve();
  }

  /** The uuids of all stored task events, in the order they were committed. */
  storedUuids(): string[] {
    return this.batches.flatMap((batch) => batch.taskEvents.map((event) => event.uuid));
  }

  allGaps(): Gap[] {
    return [...this.gaps.values()];
  }
}

/** A message as it comes off RabbitMQ. */
export function toDelivery(events: object[] | string, tag: number): Delivery {
  return {
    body: typeof events === 'string' ? events : JSON.stringify(events),
    envelope: false,
    contentType: 'application/json',
    contentEncoding: 'utf-8',
    headers: { hostname: 'w1@alpha' },
    routingKey: 'task.multi',
    receivedAtMs: Date.now(),
    tag,
  };
}

let clock = 0;

/** An event of task `uuid`, later than all made before. */
export function taskEvent(uuid: string, subject: string, fields: Record<string, unknown> = {}): TaskEvent {
  clock++;
  return { type: `task-${subject}`, uuid, hostname: 'w1@alpha', timestamp: 1_000 + clock, clock, pid: 1, ...fields };
}
