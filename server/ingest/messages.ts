import type { ConnectionState } from '../brokers/broker.ts';
import type { BrokerTraits, Sight } from './gaps.ts';
import type { Parcel } from './parcel.ts';

/** From the receiver to the writer; order matters: a change stands between the parcels before and after it. */
export type ReceiverMessage = OpeningMessage | StreamMessage | EndMessage;

/** The first one, before anything was received. `resumes`: what an earlier run spooled follows, then `restarted`. */
interface OpeningMessage {
  kind: 'hello';
  brokers: BrokerTraits[];
  resumes?: boolean;
}

/** Nothing comes after this. `clean`: because we were asked to stop, at `atMs`, not because the receiver died. */
interface EndMessage {
  kind: 'end';
  clean: boolean;
  atMs?: number;
}

/**
 * What is told in order, and so goes through the spool while there is one. `spooled`: the spool holds it, under this
 * number, until it is told that it is committed.
 */
export type StreamMessage = (
  | { kind: 'parcel'; parcel: Parcel }
  | { kind: 'state'; broker: number; state: ConnectionState }
  /**
   * Messages are dropped for want of room, ours or that of a broker that keeps them, until `overflow-ended`. `fromMs`: when
   * the first one was, or when it was noticed that the broker does.
   */
  | { kind: 'overflow'; broker: number; fromMs: number }
  | { kind: 'overflow-ended'; broker: number; atMs: number }
  /** What is known of a broker where a file of the spool begins. `isStored`: all that came before is in the store. */
  | { kind: 'sight'; broker: number; sight: Sight; isStored?: true }
  /** What stood here in the spool, up to what comes next, is lost: the disk has changed it. */
  | { kind: 'torn' }
  /** The run that wrote what comes before was asked to stop. */
  | { kind: 'stopped' }
  /** Here begins what this run received. `clean`: the one before it was asked to stop. */
  | { kind: 'restarted'; clean: boolean }
) & { spooled?: number };

/** The place in the list of the broker that a message is about; -1: of all of them. */
export function placeOf(message: StreamMessage): number {
  if (message.kind === 'parcel') return message.parcel.broker;
  return 'broker' in message ? message.broker : -1;
}

/** From the writer to the receiver. */
export type WriterAnswer =
  /** The shortest interval of heartbeats that its workers promise; null: none promises any. */
  | { kind: 'heartbeats'; broker: number; everyMs: number | null }
  /** By broker: the highest tag up to which everything is committed; and the highest number in the spool. */
  | { kind: 'committed'; tags: Map<number, number>; spooled?: number }
  /** Memory of what was committed, to be used again. */
  | { kind: 'spent'; memory: ArrayBuffer[] }
  /**
   * The answer to `end` when time was up: what is not committed, of brokers that will not send it again. `before` came
   * before all that the spool holds, `after` after it.
   */
  | { kind: 'left'; before: StreamMessage[]; after: StreamMessage[] }
  /** The last answer to `end`. */
  | { kind: 'drained' };
