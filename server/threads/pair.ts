import { MessageChannel, type Worker } from 'node:worker_threads';
import { redelivers } from '../brokers/open-consumer.ts';
import type { ConsumerLog } from '../brokers/session.ts';
import type { TaskEvent } from '../celery/event.ts';
import type { NamedQueueDepth } from '../contract/queues.ts';
import type { BrokerStatusBody, RetentionRunBody } from '../contract/status.ts';
import { AppError } from '../errors.ts';
import type { CommitChange } from '../ingest/change.ts';
import type { ProtectionOptions } from '../ingest/protection.ts';
import type { ReceiverFigures } from '../ingest/receiver.ts';
import type { ReceiverOptions } from '../ingest/receiver-options.ts';
import type { WriterOptions } from '../ingest/writer-options.ts';
import type { WriterFigures } from '../ingest/writer-figures.ts';
import type { SavedInspections, SavedRerun, StoreOptions } from '../store/store.ts';
import type {
  BrokerOptions,
  ReceiverData,
  ReceiverOrder,
  ReceiverReport,
  SpoolPlace,
  WriterOrder,
  WriterReport,
} from './messages.ts';
import { openThread } from './open-thread.ts';

export interface PairOptions {
  brokers: BrokerOptions[];
  store: StoreOptions;
  receiver: ReceiverOptions;
  /** Where messages go for which there is no memory, of brokers that will not send them again; null: they are lost. */
  spool?: SpoolPlace | null;
  writer: Omit<WriterOptions, 'protection'>;
  /** What is taken out of events before anything of them gets to a disk. */
  protection?: ProtectionOptions;
  /** How long a stop may take to commit what has come in. */
  stopTimeoutMs: number;
  log: ConsumerLog;
  /** Called when the store is open and before anything is received: what it holds then is what commits add to. */
  onStoreOpen?(): Promise<void>;
}

export interface PairHandlers {
  onBrokers(brokers: BrokerStatusBody[]): void;
  onReceiverFigures(figures: ReceiverFigures): void;
  onWriterFigures(figures: WriterFigures): void;
  onCommit(change: CommitChange): void;
}

/**
 * A store that is locked blocks its thread for two seconds at a time; after that, what it could not commit is spooled and
 * sockets are closed: all of that may take this much longer than the store has to commit.
 */
const closingMs = 5000;

/**
 * A receiver thread and its writer thread. They live and die together: whichever ends early, what is in memory counts as
 * not seen, RabbitMQ sends it again, and on Redis the next pair records a gap, just as after a crash of the whole process.
 */
export class Pair {
  /** Settles when one of the threads has ended without being asked to and the other one is gone too; says why. */
  readonly died: Promise<string>;
  readonly #receiver: Worker;
  readonly #writer: Worker;
  readonly #stopTimeoutMs: number;
  readonly #receiverEnded: Promise<string>;
  readonly #writerEnded: Promise<string>;
  #stopping = false;

  private constructor(receiver: Worker, writer: Worker, writerEnded: Promise<string>, stopTimeoutMs: number) {
    this.#receiver = receiver;
    this.#writer = writer;
    this.#stopTimeoutMs = stopTimeoutMs;
    this.#receiverEnded = endOf('receiver', receiver);
    this.#writerEnded = writerEnded;
    this.died = this.#watch();
  }

  /**
   * Opens the store, then the brokers: a message is only taken when there is a place for it.
   * @throws {AppError} what the store says when it cannot be opened
   */
  static async open(options: PairOptions, handlers: PairHandlers): Promise<Pair> {
    const { port1, port2 } = new MessageChannel();
    const { store, stopTimeoutMs, protection = {} } = options;
    const writerOptions = {
      flushMessages: toFlushMessages(options.brokers),
      ...options.writer,
      protection,
      stopTimeoutMs,
    };
    const writer = openThread('writer', { port: port1, store, options: writerOptions }, [port1]);
    const writerEnded = endOf('writer', writer);
    const { instanceId, notices } = await readiness(writer, writerEnded);
    for (const notice of notices) options.log.warn(notice);
    await options.onStoreOpen?.().catch(async (error: unknown) => {
      await writer.terminate();
      throw error;
    });
    writer.on('message', (report: WriterReport) => {
      if (report.kind === 'commit') handlers.onCommit(report.change);
      if (report.kind === 'figures') handlers.onWriterFigures(report.figures);
      if (report.kind === 'pruned') logPruned(report.run, options.log);
    });
    const { brokers, spool = null } = options;
    const receiverData: ReceiverData = {
      port: port2,
      brokers,
      instanceId,
      spool,
      protection,
      options: options.receiver,
    };
    const receiver = openThread('receiver', receiverData, [port2]);
    receiver.on('message', (report: ReceiverReport) => {
      if (report.kind === 'brokers') handlers.onBrokers(report.brokers);
      if (report.kind === 'figures') handlers.onReceiverFigures(report.figures);
      if (report.kind === 'log') options.log[report.level](report.message, report.fields);
    });
    return new Pair(receiver, writer, writerEnded, stopTimeoutMs);
  }

  /** Commits and acknowledges what has come in, in bounded time, and ends both threads. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const order: ReceiverOrder = { kind: 'stop', timeoutMs: this.#stopTimeoutMs + 2500 };
    this.#receiver.postMessage(order);
    await this.#bothEnd();
  }

  /** Hands the writer what it is to store besides. */
  infer(events: TaskEvent[]): void {
    const order: WriterOrder = { kind: 'infer', events };
    this.#writer.postMessage(order);
  }

  saveQueueDepths(depths: readonly NamedQueueDepth[]): void {
    const order: WriterOrder = { kind: 'queue-depths', depths };
    this.#writer.postMessage(order);
  }

  saveInspections(saved: SavedInspections): void {
    const order: WriterOrder = { kind: 'inspections', saved };
    this.#writer.postMessage(order);
  }

  saveRerun(rerun: SavedRerun): void {
    const order: WriterOrder = { kind: 'rerun', rerun };
    this.#writer.postMessage(order);
  }

  async #watch(): Promise<string> {
    const why = await Promise.race([this.#receiverEnded, this.#writerEnded]);
    if (this.#stopping) return why;
    this.#stopping = true;
    // The writer may be the one that is gone, and then nobody hears this; the receiver is of no use without it.
    const order: WriterOrder = { kind: 'receiver-died' };
    this.#writer.postMessage(order);
    await this.#receiver.terminate();
    await this.#bothEnd();
    return why;
  }

  async #bothEnd(): Promise<void> {
    const timer = setTimeout(() => {
      void this.#receiver.terminate();
      void this.#writer.terminate();
    }, this.#stopTimeoutMs + closingMs);
    await Promise.all([this.#receiverEnded, this.#writerEnded]);
    clearTimeout(timer);
  }
}

/**
 * RabbitMQ sends no more than the prefetch before something is acknowledged: a batch of half of it is committed while the
 * other half comes in, where a larger one would wait for its flush interval. Redis sends what there is.
 */
function toFlushMessages(brokers: BrokerOptions[]): number | undefined {
  const prefetches = brokers.filter(redelivers).map(({ prefetch }) => prefetch);
  return prefetches.length === 0 ? undefined : Math.max(1, Math.floor(Math.min(...prefetches) / 2));
}

function logPruned({ segments, reduced, tasks, bytes, took_ms, error }: RetentionRunBody, log: ConsumerLog): void {
  const fields = { segments, reduced, tasks, bytes, took_ms };
  if (error === null) log.info('what is kept no longer was removed from the history', fields);
  else log.warn('not all that is kept no longer could be removed from the history', { ...fields, why: error });
}

/** Waits until the writer has its store; what it says of it. */
async function readiness(writer: Worker, ended: Promise<string>): Promise<WriterReport & { kind: 'ready' }> {
  const first = new Promise<WriterReport>((resolve) => writer.once('message', resolve));
  const report = await Promise.race([first, ended]);
  if (typeof report === 'string') throw new AppError('internal', report);
  if (report.kind === 'ready') return report;
  if (report.kind === 'failed') throw new AppError(report.code, report.message);
  throw new AppError('internal', `The writer thread began with '${report.kind}'.`);
}

/** Settles when the thread is gone, with a sentence that says why. */
function endOf(name: string, thread: Worker): Promise<string> {
  return new Promise((resolve) => {
    let why = `The ${name} thread ended.`;
    thread.on('error', (error) => (why = `The ${name} thread ended: ${error.message}`));
    thread.on('exit', () => resolve(why));
  });
}
