import type { TaskEvent } from '../celery/event.ts';
import type { BatchSink } from './batch.ts';
import { realSteps, type Batcher, type BatcherSteps } from './batcher.ts';
import { toCommitChange, type CommitChange } from './change.ts';
import { CommitTimes } from './commit-times.ts';
import { commitBatch, retrying, type RetryOptions } from './commit.ts';
import { GapKeeper, type BrokerTraits, type Snapshot, type Sight } from './gaps.ts';
import { HeartbeatPromises } from './heartbeats.ts';
import { Inbox } from './inbox.ts';
import { toInferredDelivery } from './inferred-delivery.ts';
import { emptyLoad, piecesOf, toLeft, type Load } from './load.ts';
import { placeOf, type ReceiverMessage, type StreamMessage, type WriterAnswer } from './messages.ts';
import { noteIn } from './note-in.ts';
import { lastTagOf, readParcel } from './parcel.ts';
import { Protection } from './protection.ts';
import { Rate } from './rate.ts';
import { SeenMarks, type SeenStore } from './seen-marks.ts';
import type { WriterFigures } from './writer-figures.ts';
import { toWriterOptions, type WriterOptions } from './writer-options.ts';

/**
 * The writing half of ingest: decode → reduce → batch → commit → acknowledge.
 *
 * In: the receiver's messages, in order. Out: batches in the store, one in flight while the next fills; after each
 * commit its tags and what it changed. A store that fails is asked again for ever, while what comes in waits undecoded;
 * nothing is acknowledged, published or called seen before it is committed.
 */

/** What the writer needs of a store. */
export interface IngestStore extends BatchSink, SeenStore {}

export interface WriterOutlet {
  toReceiver(answer: WriterAnswer): void;
  onCommit(change: CommitChange): void;
}

export class Writer {
  readonly #store: IngestStore;
  readonly #options: Required<WriterOptions>;
  readonly #outlet: WriterOutlet;
  readonly #snapshot: Snapshot;
  readonly #steps: BatcherSteps;
  readonly #inbox = new Inbox();
  readonly #promises = new HeartbeatPromises((broker, everyMs) =>
    this.#outlet.toReceiver({ kind: 'heartbeats', broker, everyMs }),
  );
  readonly #rate = new Rate();
  readonly #commitTimes = new CommitTimes();
  readonly #seen: SeenMarks;
  readonly #giveUp = new AbortController();
  readonly #figures = { received: 0, stored: 0, rejected: 0, duplicates: 0 };
  #keeper: GapKeeper;
  #brokers: BrokerTraits[] = [];
  #open: Load;
  /** What was known at the end of the last commit. */
  #sights: Sight[] = [];
  #inFlight: { load: Load; done: Promise<void> } | null = null;
  #timer: NodeJS.Timeout | null = null;
  /** Whether a turn of the event loop is waited for. */
  #hasTurn = false;
  #ending = false;
  #lastCommitMs: number | null = null;
  #error: string | null = null;

  /** `snapshot`: what the store had at the start. */
  constructor(
    store: IngestStore,
    snapshot: Snapshot,
    options: WriterOptions,
    outlet: WriterOutlet,
    steps?: BatcherSteps,
  ) {
    this.#store = store;
    this.#snapshot = snapshot;
    this.#outlet = outlet;
    const protection = new Protection(options.protection ?? {});
    this.#steps = steps ?? { ...realSteps, readEvents: (delivery) => protection.readEvents(delivery) };
    this.#options = toWriterOptions(options);
    this.#keeper = new GapKeeper(snapshot, []);
    const { stateSaveIntervalMs } = this.#options;
    const retry = (operation: () => Promise<void>) => retrying(operation, this.#retryOptions());
    this.#seen = new SeenMarks(store, this.#keeper.seenUntil(), stateSaveIntervalMs, retry);
    this.#open = emptyLoad(this.#steps);
  }

  /** Takes what the receiver says, without waiting. */
  hear(message: ReceiverMessage): void {
    if (this.#ending) return;
    if (message.kind === 'end') {
      this.#ending = true;
      void this.#end(message.clean, message.atMs ?? Date.now());
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
    const [before, rejectedBefore] = [batcher.events.length, batcher.rejected];
    batcher.add(toInferredDelivery(events, Date.now()), '');
    this.#figures.received += batcher.events.length - before;
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
    const { events, messages, bytes } = this.#open.batcher;
    const { flushEvents, flushMessages, flushBytes } = this.#options;
    return events.length >= flushEvents || messages >= flushMessages || bytes >= flushBytes;
  }

  #handle(message: ReceiverMessage): void {
    const load = this.#open;
    load.messages.push(message);
    if (message.kind === 'end') return;
    if (message.kind === 'hello') {
      this.#brokers = message.brokers;
      this.#keeper = new GapKeeper(this.#snapshot, message.brokers);
      this.#sights = this.#keeper.sights();
      if (message.resumes !== true) load.gaps.push(...this.#keeper.atStart());
      return;
    }
    if (message.spooled !== undefined) load.spooled = message.spooled;
    if (message.kind === 'parcel') this.#unpack(message);
    const broker = placeOf(message);
    if (message.kind === 'state' && !message.state.connected) this.#promises.forget(broker);
    load.gaps.push(...noteIn(this.#keeper, broker, message));
  }

  #unpack({ parcel, spooled }: StreamMessage & { kind: 'parcel' }): void {
    const { batcher, lastTags } = this.#open;
    const before = batcher.events.length;
    const rejectedBefore = batcher.rejected;
    for (const delivery of readParcel(parcel)) batcher.add(delivery, this.#brokers[parcel.broker]?.maskedUrl ?? '');
    const lastTag = lastTagOf(parcel);
    if (lastTag !== undefined && spooled === undefined) lastTags.set(parcel.broker, lastTag);
    for (let i = before; i < batcher.events.length; i++) {
      const event = batcher.events[i]!;
      this.#keeper.heard(parcel.broker, event.timestamp);
      if (spooled === undefined) this.#promises.note(parcel.broker, event);
    }
    this.#figures.received += batcher.events.length - before;
    this.#figures.rejected += batcher.rejected - rejectedBefore;
    this.#rate.add(batcher.events.length - before, Date.now());
  }

  /** Begins to commit the open batch, unless one is in flight. */
  #flush(): void {
    if (this.#inFlight !== null || this.#giveUp.signal.aborted) return;
    const load = this.#open;
    const seenUntil = this.#keeper.seenUntil();
    const sights = this.#keeper.sights();
    this.#open = emptyLoad(this.#steps);
    const done = this.#commit(load, seenUntil)
      .then(() => this.#release(load, sights))
      .catch((error: unknown) => this.#failAtEnd(error));
    this.#inFlight = { load, done };
  }

  #release(load: Load, sights: Sight[]): void {
    this.#inFlight = null;
    this.#sights = sights;
    const memory = piecesOf(load);
    if (memory.length > 0) this.#outlet.toReceiver({ kind: 'spent', memory });
    if (!this.#ending) this.#fillSoon();
  }

  /**
   * Not at once: a long inbox and a store that never waits would leave no turn for timers and messages. Once, and holding
   * nothing: in a flood that turn may be seconds away, and what each batch left for it to hold came to 100 MB.
   */
  #fillSoon(): void {
    if (this.#hasTurn) return;
    this.#hasTurn = true;
    setImmediate(() => {
      this.#hasTurn = false;
      if (!this.#ending) this.#fill();
    });
  }

  async #commit(load: Load, seenUntil: Record<string, number>): Promise<void> {
    const { batcher, lastTags, gaps, spooled } = load;
    if (!batcher.isEmpty) await this.#writeBatch(batcher);
    if (lastTags.size > 0) this.#outlet.toReceiver({ kind: 'committed', tags: lastTags });
    await this.#seen.save(seenUntil, gaps, spooled !== undefined);
    // Only now: once its file is gone, nothing but the snapshot says that what was in it was seen.
    if (spooled !== undefined) this.#outlet.toReceiver({ kind: 'committed', tags: new Map(), spooled });
  }

  async #writeBatch(batcher: Batcher): Promise<void> {
    const beganMs = performance.now();
    const { committed, refusals } = await commitBatch(this.#store, batcher, this.#retryOptions());
    this.#commitTimes.add(performance.now() - beganMs);
    this.#lastCommitMs = Date.now();
    this.#figures.stored += committed.newEvents;
    this.#figures.duplicates += batcher.events.length - refusals.length - committed.newEvents;
    this.#figures.rejected += refusals.length;
    this.#outlet.onCommit(toCommitChange(committed, batcher, refusals));
  }

  /** Commits all that has come in, within the time allowed, and says so. What is left then is given back. */
  async #end(clean: boolean, atMs: number): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    // From when it was asked for: while a locked store blocks this thread, no time is gained.
    const deadlineMs = Math.min(Date.now(), atMs) + this.#options.stopTimeoutMs;
    const timer = setTimeout(() => this.#giveUp.abort(), deadlineMs - Date.now());
    const { signal } = this.#giveUp;
    const gaveUp = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    // A store may hang for ever, too.
    const settled = () => Promise.race([this.#inFlight?.done, gaveUp]);
    await settled();
    // Commits that never wait for I/O leave a timer no chance: so the clock is asked too.
    while (!signal.aborted && Date.now() < deadlineMs) {
      this.#fill();
      this.#flush();
      await settled();
      if (this.#inbox.isEmpty) break;
    }
    this.#giveBack();
    await this.#seen.saveSnapshot(clean).catch((error: unknown) => this.#failAtEnd(error));
    clearTimeout(timer);
    this.#outlet.toReceiver({ kind: 'drained' });
  }

  /** What is left to be committed, for the spool, with what was known before it. */
  #giveBack(): void {
    const messages = [...(this.#inFlight?.load.messages ?? []), ...this.#open.messages];
    for (let message = this.#inbox.take(); message; message = this.#inbox.take()) messages.push(message);
    const left = toLeft(messages, this.#sights, (broker) => this.#brokers[broker]?.keepsMs === 0);
    if (left !== null) this.#outlet.toReceiver({ kind: 'left', ...left });
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
}
