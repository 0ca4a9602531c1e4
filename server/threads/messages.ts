import type { MessagePort } from 'node:worker_threads';
import type { ConsumerOptions } from '../brokers/open-consumer.ts';
import type { TaskEvent } from '../celery/event.ts';
import type { ErrorCode } from '../contract/errors.ts';
import type { NamedQueueDepth } from '../contract/queues.ts';
import type { BrokerStatusBody, RetentionRunBody } from '../contract/status.ts';
import type { CommitChange } from '../ingest/change.ts';
import type { ProtectionOptions } from '../ingest/protection.ts';
import type { ReceiverFigures } from '../ingest/receiver.ts';
import type { ReceiverOptions } from '../ingest/receiver-options.ts';
import type { WriterOptions } from '../ingest/writer-options.ts';
import type { WriterFigures } from '../ingest/writer-figures.ts';
import type { SavedInspections, SavedRerun, StoreOptions } from '../store/store.ts';

/** One broker to listen to. */
export interface BrokerOptions extends Omit<ConsumerOptions, 'log' | 'queue'> {
  /** Without a name it is named after the store's instance id, so that no two monitors share one. */
  queue: Omit<ConsumerOptions['queue'], 'name'> & { name?: string | null };
}

/** Where a receiver puts what it has no memory for. */
export interface SpoolPlace {
  folder: string;
  maxBytes: number;
}

export interface WriterData {
  /** To the receiver. */
  port: MessagePort;
  store: Omit<StoreOptions, 'startRewriter' | 'now'>;
  options: WriterOptions;
}

export interface ReceiverData {
  /** To the writer. */
  port: MessagePort;
  brokers: BrokerOptions[];
  /** Of the store, see {@link StoreWriter}. */
  instanceId: string;
  spool: SpoolPlace | null;
  /** What is taken out of events before they are spooled. */
  protection: ProtectionOptions;
  options: ReceiverOptions;
}

/** From the writer thread to the main thread. */
export type WriterReport =
  | { kind: 'ready'; instanceId: string; notices: readonly string[] }
  /** The store could not be opened: the thread ends. */
  | { kind: 'failed'; code: ErrorCode; message: string }
  | { kind: 'commit'; change: CommitChange }
  | { kind: 'figures'; figures: WriterFigures }
  /** The retention removed something, or could not. */
  | { kind: 'pruned'; run: RetentionRunBody };

/** From the receiver thread to the main thread. */
export type ReceiverReport =
  | { kind: 'brokers'; brokers: BrokerStatusBody[] }
  | { kind: 'figures'; figures: ReceiverFigures }
  | { kind: 'log'; level: 'info' | 'warn'; message: string; fields?: Readonly<Record<string, unknown>> };

/**
 * From the main thread. To the receiver: stop, wait so long for the writer. To the writer: no receiver is left; or, what
 * is known from elsewhere than from a broker.
 */
export type ReceiverOrder = { kind: 'stop'; timeoutMs: number };
export type WriterOrder =
  | { kind: 'receiver-died' }
  | { kind: 'infer'; events: TaskEvent[] }
  | { kind: 'inspections'; saved: SavedInspections }
  | { kind: 'rerun'; rerun: SavedRerun }
  | { kind: 'queue-depths'; depths: readonly NamedQueueDepth[] };
