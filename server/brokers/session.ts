import type { Broadcast, Delivery, LossCause } from './broker.ts';
import type { Log } from '../log.ts';
import type { BrokerUrl } from './broker-url.ts';

/** What one connection hands over: a delivery that has no number yet. */
export type Message = Omit<Delivery, 'tag' | 'receivedAtMs'>;

/** One connection to one broker, from the moment it consumes until it breaks. It never reconnects. */
export interface Session {
  /** Why the server ended the connection before this one, when it can be told only now. */
  readonly causeBefore?: LossCause;
  /** Acknowledges the first `count` messages of this session. */
  ack(count: number): void;
  broadcast(message: Broadcast): Promise<void>;
  /** Settles, and never rejects, when the sockets are closed. */
  close(): Promise<void>;
}

export interface SessionEvents {
  onMessage(message: Message): void;
  /**
   * The connection is gone, and why. Called at most once, and only after the session was opened. `sinceMs`: when it last
   * was known to live, epoch milliseconds; now unless told.
   */
  onEnd(reason: Error, sinceMs?: number): void;
  /** Whether the broker has thrown away, since it was last looked, what it was to keep for us; also before it is opened. */
  onOverflow(isOverflowing: boolean): void;
}

/** Connects and consumes; rejects when that cannot be done now. */
export type OpenSession = (url: BrokerUrl, events: SessionEvents) => Promise<Session>;

/** Where the room says what is no error. Nothing secret is ever handed to it. */
export type ConsumerLog = Pick<Log, 'info' | 'warn'>;

/** Rejects when `promise` has not settled in time. */
export async function settleWithin<T>(promise: Promise<T>, limitMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} within ${String(limitMs / 1000)} s`)), limitMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
