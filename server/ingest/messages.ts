import type { ConnectionState } from '../brokers/broker.ts';
import type { BrokerTraits } from './gaps.ts';
import type { Parcel } from './parcel.ts';

/** From the receiver to the writer; order matters: a change stands between the parcels before and after it. */
export type ReceiverMessage =
  /** The first one, before anything was received. */
  | { kind: 'hello'; brokers: BrokerTraits[] }
  | { kind: 'parcel'; parcel: Parcel }
  | { kind: 'state'; broker: number; state: ConnectionState }
  /** Messages are dropped for want of memory, from the first dropped one on, until `overflow-ended`. */
  | { kind: 'overflow'; broker: number; fromMs: number }
  | { kind: 'overflow-ended'; broker: number; atMs: number }
  /** Nothing comes after this. `clean`: because we were asked to stop, not because the receiver died. */
  | { kind: 'end'; clean: boolean };

/** From the writer to the receiver. */
export type WriterAnswer =
  /** By broker: the highest tag up to which everything is committed. */
  | { kind: 'committed'; tags: Map<number, number> }
  /** The answer to `end`: all that could be committed is. */
  | { kind: 'drained' };
