import type { Quantiles } from '../contract/status.ts';
import type { TaskEvent } from '../celery/event.ts';
import type { BatchSink } from './batch.ts';
import { Batcher, type BatcherSteps } from './batcher.ts';
import { toCommitChange, type CommitChange } from './change.ts';
import { CommitTimes } from './commit-times.ts';
import { commitBatch, retrying, type RetryOptions } from './commit.ts';
import { GapKeeper, type Gap, type IngestSnapshot } from './gaps.ts';
import { Inbox } from './inbox.ts';
import { toInferredDelivery } from './inferred-delivery.ts';
import type { ReceiverMessage, WriterAnswer } from './messages.ts';
import { lastTagOf, readParcel, type Parcel } from './parcel.ts';
import { Rate } from './rate.ts';

/**
 * The writing half of ingest: decode → reduce → batch → commit → acknowledge.
 *
 * In: the receiver's messages, in order. Out: batches in the store, one in flight while the next fills; after each
 * commit its tags and what it changed. A store that fails is asked again for ever, while what comes in waits undecoded;
 * nothing is acknowledged, published or called seen before it is committed.
 */

/** What of it can be set. */
export interface WriterOptions {
  /** A batch is committed after this time, or when it holds so many events, messages or bytes. */
  flushIntervalMs?: number;
  flushEvents?: number;
  flushMessages?: number;
  flushBytes?: number;
  /**
   * How often the snapshot is saved, besides at the end. It is a few hundred bytes, and a gap after a crash begins where
   * it says we last saw everything: so a second is the longest, whatever is asked for; 0 means that too.
   */
  stateSaveIntervalMs?: number;
  /** How long the end may take to commit what has come in. */
  stopTimeoutMs?: number;
  /** Pauses between attempts while the store fails. */
  retryMinMs?: number;
  retryMaxMs?: number;
}

/** What the writer needs of a store. */
export interface IngestStore extends BatchSink {
  saveSnapshot(snapshot: IngestSnapshot): Promise<void>;
  /** Adds a gap, or closes the open one of the same broker and `from`. */
  saveGap(gap: Gap): Promise<void>;
}

export interface WriterOutlet {
  toReceiver(answer: WriterAnswer): void;
  onCommit(change: CommitChange): void;
}

/** Counted since this writer was made. */
export interface WriterFigures {
  received: number;
  stored: number;
  rejected: number;
  /** Events that were stored already. */
  duplicates: number;
  eventsPerS: number;
  commitMs: Quantiles | null;
  /** Epoch milliseconds; null before the first. */
  lastCommitMs: number | null;
  /** Why the store does not take what we have; null when it does. */
  error: string | null;
}

/** What is committed together, with all that may be said once it is. */
interface Load {
  batcher: Batcher;
  lastTags: Map<number, number>;
  gaps: Gap[];
}

const longestSnapshotIntervalMs = 1000;

export class Writer {
  readonly #store: IngestStore;
  readonly #options: Required<WriterOptions>;
  readonly #outlet: WriterOutlet;
  readonly #snapshot: IngestSnapshot | null;
  readonly #steps: BatcherSteps | undefined;
  readonly #inbox = new Inbox();
  readonly #rate = new Rate();
  readonly #commitTimes = new CommitTimes();
  readonly #giveUp = new AbortController();
  readonly #figures = { received: 0, stored: 0, rejected: 0, duplicates: 0 };
  #keeper: GapKeeper;
  #urls: string[] = [];
  #open: Load;
  #inFlight: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #ending = false;
  #seenUntil: Record<string, number>;
  #lastSnapshotMs = 0;
  #lastCommitMs: number | null = null;
  #error: string | null = null;

  /** `snapshot`: what the store had at the start. */
  constructor(
    store: IngestStore,
    snapshot: IngestSnapshot | null,
    options: WriterOptions,
    outlet: WriterOutlet,
    steps?: BatcherSteps,
  ) {
    this.#store = store;
    this.#snapshot = snapshot;
    this.#outlet = outlet;
    this.#steps = steps;
    this.#options = {
      flushIntervalMs: options.flushIntervalMs ?? 500,
      flushEvents: options.flushEvents ?? 10_000,
      flushMessages: options.flushMessages ?? 10_000,
      flushBytes: options.flushBytes ?? 32 * 1024 * 1024,
      stateSaveIntervalMs: Math.min(
        options.stateSaveIntervalMs || longestSnapshotIntervalMs,
        longestSnapshotIntervalMs,
      ),
      stopTimeoutMs: options.stopTimeoutMs ?? 5000,
      retryMinMs: options.retryMinMs ?? 100,
      retryMaxMs: options.retryMaxMs ?? 5000,
    };
    this.#keeper = new GapKeeper(snapshot, []);
    this.#seenUntil = this.#keeper.seenUntil();
    this.#open = this.#emptyLoad();
  }

  /** Takes what the receiver says, without waiting. */
  hear(message: ReceiverMessage): void {
    if (this.#ending) return;
    if (message.kind === 'end') {
      this.#ending = true;
      void this.#end(message.clean);
      return;
    }
    this.#inbox.add(message);
    this.#timer ??= setInterval(() => this.#flush(), this.#options.flushIntervalMs);
    this.#fill();
  }

  /** Stores what follows from something else than the brokers' messages, with the next batch. */
  infer(events: readonly TaskEvent[]): void {
    if (this.#ending) return;
    const { batcher } = this.#open;
    const [before, rejectedBefore] = [batcher.entries.length, batcher.rejected];
    batcher.add(toInferredDelivery(events, Date.now()), '');
    this.#figures.received += batcher.entries.length - before;
    this.#figures.rejected += batcher.rejected - rejectedBefore;
    this.#timer ??= setInterval(() => this.#flush(), this.#options.flushIntervalMs);
  }

  figures(): WriterFigures {
    return {
      ...this.#figures,
      eventsPerS: this.#rate.perSecond(Date.now()),
      commitMs: this.#commitTimes.quantiles(),
      lastCommitMs: this.#lastCommitMs,
      error: this.#error,
    };
  }

  /** Decodes what waits until the open batch is full; a full one is committed at once, or as soon as the last one is. */
  #fill(): void {
    while (!this.#isFull()) {
      const message = this.#inbox.take();
      if (message === undefined) return;
      this.#handle(message);
    }
    this.#flush();
  }

  #isFull(): boolean {
    const { entries, messages, bytes } = this.#open.batcher;
    const { flushEvents, flushMessages, flushBytes } = this.#options;
    return entries.length >= flushEvents || messages >= flushMessages || bytes >= flushBytes;
  }

  #handle(message: ReceiverMessage): void {
    const { gaps } = this.#open;
    switch (message.kind) {
      case 'hello':
        this.#urls = message.brokers.map((broker) => broker.maskedUrl);
        this.#keeper = new GapKeeper(this.#snapshot, message.brokers);
        gaps.push(...this.#keeper.atStart());
        break;
      case 'parcel':
        this.#unpack(message.parcel);
        break;
      case 'state': {
        const { broker, state } = message;
        const change = state.connected ? 'connected' : 'disconnected';
        gaps.push(...this.#keeper[change](broker, state.sinceMs));
        break;
      }
      case 'overflow':
        gaps.push(...this.#keeper.overflowed(message.broker, message.fromMs));
        break;
      case 'overflow-ended':
        gaps.push(...this.#keeper.overflowEnded(message.broker, message.atMs));
        break;
      case 'end':
        break;
    }
  }

  #unpack(parcel: Parcel): void {
    const { batcher, lastTags } = this.#open;
    const before = batcher.entries.length;
    const rejectedBefore = batcher.rejected;
    for (const delivery of readParcel(parcel)) batcher.add(delivery, this.#urls[parcel.broker] ?? '');
    const lastTag = lastTagOf(parcel);
    if (lastTag !== undefined) lastTags.set(parcel.broker, lastTag);
    if (parcel.seenUntilMs !== null) this.#keeper.seen(parcel.broker, parcel.seenUntilMs);
    this.#figures.received += batcher.entries.length - before;
    this.#figures.rejected += batcher.rejected - rejectedBefore;
    this.#rate.add(batcher.entries.length - before, Date.now());
  }

  /** Begins to commit the open batch, unless one is in flight. */
  #flush(): void {
    if (this.#inFlight !== null || this.#giveUp.signal.aborted) return;
    const load = this.#open;
    const seenUntil = this.#keeper.seenUntil();
    this.#open = this.#emptyLoad();
    this.#inFlight = this.#commit(load, seenUntil)
      .catch((error: unknown) => this.#failAtEnd(error))
      .then(() => {
        this.#inFlight = null;
        // Not at once: a long inbox and a store that never waits would leave no turn for timers and messages.
        if (!this.#ending) setImmediate(() => this.#fill());
      });
  }

  async #commit(load: Load, seenUntil: Record<string, number>): Promise<void> {
    const { batcher, lastTags, gaps } = load;
    if (!batcher.isEmpty) await this.#writeBatch(batcher);
    if (lastTags.size > 0) this.#outlet.toReceiver({ kind: 'committed', tags: lastTags });
    this.#seenUntil = seenUntil;
    await this.#saveSight(gaps);
  }

  /**
   * Saves gaps and, when it is due, the snapshot. While a gap is open the snapshot must hold its beginning, or a crash
   * would leave it open for ever: so the gaps that end are saved before the snapshot moves on, those that begin after.
   */
  async #saveSight(gaps: Gap[]): Promise<void> {
    const latest = new Map(gaps.map((gap) => [`${gap.broker}\n${gap.from}`, gap]));
    const ended = [...latest.values()].filter((gap) => gap.to !== null);
    const begun = [...latest.values()].filter((gap) => gap.to === null);
    const isDue = Date.now() - this.#lastSnapshotMs >= this.#options.stateSaveIntervalMs;
    for (const gap of ended) await this.#retrying(() => this.#store.saveGap(gap));
    if (isDue || gaps.length > 0) await this.#saveSnapshot(false);
    for (const gap of begun) await this.#retrying(() => this.#store.saveGap(gap));
  }

  async #writeBatch(batcher: Batcher): Promise<void> {
    const beganMs = performance.now();
    const { committed, refused } = await commitBatch(this.#store, batcher, this.#retryOptions());
    this.#commitTimes.add(performance.now() - beganMs);
    this.#lastCommitMs = Date.now();
    this.#figures.stored += committed.newEvents;
    this.#figures.duplicates += batcher.entries.length - refused - committed.newEvents;
    this.#figures.rejected += refused;
    this.#outlet.onCommit(toCommitChange(committed));
  }

  async #saveSnapshot(clean: boolean): Promise<void> {
    const snapshot = { at: Date.now() / 1000, clean, connectedAt: this.#seenUntil };
    await this.#retrying(() => this.#store.saveSnapshot(snapshot));
    this.#lastSnapshotMs = Date.now();
  }

  /** Commits all that has come in, within the time allowed, and says so. What is left then counts as not seen. */
  async #end(clean: boolean): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    const deadlineMs = Date.now() + this.#options.stopTimeoutMs;
    const timer = setTimeout(() => this.#giveUp.abort(), this.#options.stopTimeoutMs);
    await this.#inFlight;
    // Commits that never wait for I/O leave a timer no chance: so the clock is asked too.
    while (!this.#giveUp.signal.aborted && Date.now() < deadlineMs) {
      this.#fill();
      this.#flush();
      await this.#inFlight;
      if (this.#inbox.isEmpty) break;
    }
    await this.#saveSnapshot(clean).catch((error: unknown) => this.#failAtEnd(error));
    clearTimeout(timer);
    this.#outlet.toReceiver({ kind: 'drained' });
  }

  #retrying(operation: () => Promise<void>): Promise<void> {
    return retrying(operation, this.#retryOptions());
  }

  #retryOptions(): RetryOptions {
    return {
      minPauseMs: this.#options.retryMinMs,
      maxPauseMs: this.#options.retryMaxMs,
      signal: this.#giveUp.signal,
      onTrouble: (reason) => (this.#error = reason),
    };
  }

  /**
   * Out of time, the store still failing. At any other moment an error here is a bug of ours: it must end the thread, as
   * going on would acknowledge, with the next batch, what was not committed.
   */
  #failAtEnd(error: unknown): void {
    if (!this.#giveUp.signal.aborted) throw error;
    this.#error = error instanceof Error ? error.message : String(error);
  }

  #emptyLoad(): Load {
    return { batcher: new Batcher(this.#steps), lastTags: new Map(), gaps: [] };
  }
}
