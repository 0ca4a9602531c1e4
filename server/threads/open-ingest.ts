import { setTimeout as sleep } from 'node:timers/promises';
import { openEventConsumer } from '../brokers/open-consumer.ts';
import type { TaskEvent } from '../celery/event.ts';
import type { NamedQueueDepth } from '../contract/queues.ts';
import type { BrokerStatusBody, IngestStatusBody } from '../contract/status.ts';
import type { CommitChange } from '../ingest/change.ts';
import type { ReceiverFigures } from '../ingest/receiver.ts';
import type { WriterFigures } from '../ingest/writer-figures.ts';
import type { SavedInspections, SavedRerun } from '../store/store.ts';
import type { BrokerOptions } from './messages.ts';
import { Pair, type PairHandlers, type PairOptions } from './pair.ts';

/**
 * Ingest as the main thread sees it.
 *
 * In: brokers, a store, limits. Out: what each commit changed, the brokers' states, figures. The work is done by a pair of
 * threads, started anew with growing pauses when one of them dies; the main thread never touches a broker's socket or
 * the store's writing side.
 */
export type IngestOptions = Omit<PairOptions, 'stopTimeoutMs'> & {
  /** How long `stop` may take to commit what has come in; 5000 by default. */
  stopTimeoutMs?: number;
};

export interface IngestStatus {
  brokers: BrokerStatusBody[];
  ingest: IngestStatusBody;
}

export interface Ingest {
  /** Calls `listener` after each commit, with what it changed. */
  onCommit(listener: (change: CommitChange) => void): void;
  /** Calls `listener` when a connection comes or goes, and when storing begins to fail or works again. */
  onState(listener: (status: IngestStatus) => void): void;
  status(): IngestStatus;
  /** Stores events of our own, `task-inferred`; while a thread is being started anew they are lost. */
  infer(events: TaskEvent[]): void;
  /** Stores what workers said of themselves; while a thread is being started anew, or the store fails, it is lost. */
  saveInspections(saved: SavedInspections): void;
  /** Stores that one task is another one run again; lost as inspections are. */
  saveRerun(rerun: SavedRerun): void;
  /** Stores what waits in queues; lost likewise. */
  saveQueueDepths(depths: readonly NamedQueueDepth[]): void;
  /** Stops receiving, commits what has come in, within `stopTimeoutMs`, and ends the threads. */
  stop(): Promise<void>;
}

const firstPauseMs = 500;
const longestPauseMs = 15_000;
/** A pair that lived this long was sound: the next pause is short again. */
const soundAfterMs = 60_000;

/**
 * Opens the store and begins to connect to the brokers; a broker that is down is no error.
 * @throws {AppError} `bad_config` for options a broker cannot have, and what the store says when it cannot be opened
 */
export async function openIngest(options: IngestOptions): Promise<Ingest> {
  const running = new RunningIngest({ ...options, stopTimeoutMs: options.stopTimeoutMs ?? 5000 });
  await running.open();
  return running;
}

const noWriterFigures: WriterFigures = {
  received: 0,
  stored: 0,
  rejected: 0,
  duplicates: 0,
  eventsPerS: 0,
  commitMs: null,
  lastCommitMs: null,
  error: null,
};
const noReceiverFigures: ReceiverFigures = { backlog: 0, backlogBytes: 0, spoolBytes: 0, oldestMs: null, dropped: 0 };

class RunningIngest implements Ingest {
  readonly #options: PairOptions;
  readonly #commitListeners: ((change: CommitChange) => void)[] = [];
  readonly #stateListeners: ((status: IngestStatus) => void)[] = [];
  readonly #stopping = new AbortController();
  #pair: Pair | null = null;
  #supervision: Promise<void> = Promise.resolve();
  #brokers: BrokerStatusBody[];
  #writer = noWriterFigures;
  #receiver = noReceiverFigures;
  /** What the pairs before the present one counted. */
  #before = { received: 0, stored: 0, rejected: 0, duplicates: 0, dropped: 0 };
  #threadError: string | null = null;

  constructor(options: PairOptions) {
    this.#options = options;
    this.#brokers = options.brokers.map((broker) => toUnknown(maskedUrlOf(broker)));
  }

  async open(): Promise<void> {
    this.#pair = await Pair.open(this.#options, this.#handlers());
    this.#supervision = this.#supervise(this.#pair);
  }

  onCommit(listener: (change: CommitChange) => void): void {
    this.#commitListeners.push(listener);
  }

  onState(listener: (status: IngestStatus) => void): void {
    this.#stateListeners.push(listener);
  }

  status(): IngestStatus {
    const writer = this.#writer;
    const receiver = this.#receiver;
    return {
      brokers: this.#brokers,
      ingest: {
        received: this.#before.received + writer.received,
        stored: this.#before.stored + writer.stored,
        backlog: receiver.backlog,
        spool_bytes: receiver.spoolBytes,
        lag_ms: receiver.oldestMs === null ? 0 : Math.max(0, Date.now() - receiver.oldestMs),
        rejected: this.#before.rejected + writer.rejected,
        events_per_s: writer.eventsPerS,
        commit_ms: writer.commitMs,
        duplicates: this.#before.duplicates + writer.duplicates,
        dropped: this.#before.dropped + receiver.dropped,
        error: this.#threadError ?? writer.error,
      },
    };
  }

  infer(events: TaskEvent[]): void {
    this.#pair?.infer(events);
  }

  saveInspections(saved: SavedInspections): void {
    this.#pair?.saveInspections(saved);
  }

  saveRerun(rerun: SavedRerun): void {
    this.#pair?.saveRerun(rerun);
  }

  saveQueueDepths(depths: readonly NamedQueueDepth[]): void {
    this.#pair?.saveQueueDepths(depths);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#pair?.stop();
    await this.#supervision;
  }

  /** Starts pair after pair until we are asked to stop. */
  async #supervise(first: Pair): Promise<void> {
    let pair: Pair | null = first;
    let pauseMs = firstPauseMs;
    for (;;) {
      const startedMs = performance.now();
      if (pair !== null) this.#mourn(await pair.died);
      this.#pair = null;
      if (this.#stopping.signal.aborted) return;
      pauseMs = performance.now() - startedMs > soundAfterMs ? firstPauseMs : Math.min(pauseMs * 2, longestPauseMs);
      await sleep(pauseMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      if (this.#stopping.signal.aborted) return;
      pair = await this.#tryOpen();
    }
  }

  async #tryOpen(): Promise<Pair | null> {
    try {
      const pair = await Pair.open(this.#options, this.#handlers());
      this.#pair = pair;
      this.#setThreadError(null);
      // `stop` came while it was being opened and did not see it.
      if (this.#stopping.signal.aborted) await pair.stop();
      return pair;
    } catch (error) {
      this.#setThreadError(error instanceof Error ? error.message : String(error));
      return null;
    }
  }

  /** Keeps the counts of a pair that is gone. */
  #mourn(why: string): void {
    const { received, stored, rejected, duplicates } = this.#writer;
    this.#before = {
      received: this.#before.received + received,
      stored: this.#before.stored + stored,
      rejected: this.#before.rejected + rejected,
      duplicates: this.#before.duplicates + duplicates,
      dropped: this.#before.dropped + this.#receiver.dropped,
    };
    this.#writer = { ...noWriterFigures, lastCommitMs: this.#writer.lastCommitMs };
    this.#receiver = noReceiverFigures;
    if (this.#stopping.signal.aborted) return;
    this.#options.log.warn('a thread of ingest ended; it is started anew', { why });
    this.#brokers = this.#brokers.map((broker) => toUnknown(broker.url));
    this.#setThreadError(why);
  }

  #handlers(): PairHandlers {
    return {
      onBrokers: (brokers) => {
        this.#brokers = brokers;
        this.#tellState();
      },
      onReceiverFigures: (figures) => (this.#receiver = figures),
      onWriterFigures: (figures) => {
        const changed = figures.error !== this.#writer.error;
        this.#writer = figures;
        if (changed) this.#tellState();
      },
      onCommit: (change) => {
        for (const listener of this.#commitListeners) listener(change);
      },
    };
  }

  #setThreadError(error: string | null): void {
    this.#threadError = error;
    this.#tellState();
  }

  #tellState(): void {
    for (const listener of this.#stateListeners) listener(this.status());
  }
}

/** What is wrong with a broker's options is said here, where the caller hears it, and not again and again in a thread. */
function maskedUrlOf(broker: BrokerOptions): string {
  const log = { info: () => undefined, warn: () => undefined };
  return openEventConsumer({ ...broker, queue: { ...broker.queue, name: broker.queue.name ?? '' }, log }).maskedUrl;
}

function toUnknown(maskedUrl: string): BrokerStatusBody {
  return { url: maskedUrl, connected: false, since: null, error: null };
}
