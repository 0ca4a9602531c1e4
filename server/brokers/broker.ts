/**
 * What the brokers room hands to the rest of the house.
 *
 * In: a broker URL. Out: every message of the event exchange, untouched, as a {@link Delivery}. Sockets only: nothing
 * here decodes a body, knows what an event is, or looks at a clock but to say when a message came in.
 */

/** One message as it left the socket, not yet decoded. */
export interface Delivery {
  /**
   * Redis: the published text, kombu's JSON envelope (`envelope` is true). RabbitMQ: the body. Bytes may be a part of
   * what a socket gave: who keeps them copies them.
   */
  body: string | Uint8Array;
  envelope: boolean;
  contentType?: string;
  contentEncoding?: string;
  headers?: Record<string, unknown>;
  /** Event type with dots, `task.multi` for groups; empty on Redis without fanout patterns. */
  routingKey: string;
  /** When it came off the socket, epoch milliseconds. */
  receivedAtMs: number;
  /** Counts up by one for each delivery of this consumer, over reconnects too; what `ack` takes. */
  tag: number;
}

/** A control message to broadcast, already in Celery's form (see `celery/control-message.ts`). */
export interface Broadcast {
  /** Serialised JSON. */
  body: string;
  headers: Record<string, unknown>;
}

export type ConnectionState =
  /** `cause`: why the connection before this one ended, when the server told only now. */
  | { connected: true; sinceMs: number; cause?: LossCause }
  /**
   * `error` says why, with the URL masked; null for a stop that was asked for. `sinceMs`: when it was lost, or last known
   * to live.
   */
  | { connected: false; sinceMs: number; error: string | null };

/**
 * `cut-off`: the server ended it, for more waited for us there than it allows. `emptied`: what the broker was to keep for
 * us while we were away is not there.
 */
export type LossCause = 'cut-off' | 'emptied';

export interface ConsumerHandlers {
  /** Called synchronously for each message; must not block. */
  onDelivery(delivery: Delivery): void;
  /** Called on each change, first when the first attempt has succeeded or failed. */
  onState(state: ConnectionState): void;
  /**
   * The broker throws away, for want of room, the oldest of what it keeps for us, or did while we were away; or has
   * stopped to. Called on each change, also just before the connection is told on which it was found out.
   */
  onOverflow(isOverflowing: boolean): void;
}

/**
 * A consumer of the event exchange on one broker. It never makes its broker wait: RabbitMQ stops by itself when as many
 * messages as the prefetch are not acknowledged, and Redis ends a connection for which more than 32 MB wait, or 8 MB for
 * a minute (`client-output-buffer-limit pubsub`). It reconnects by itself, for ever, with backoff
 * (0.5 s doubling to 15 s, with jitter); a broker that is down never throws out of here.
 */
export interface EventConsumer {
  /** The URL without its password. */
  readonly maskedUrl: string;
  /** True when what is not acknowledged comes again after a crash (RabbitMQ, durable mode). */
  readonly redelivers: boolean;
  start(handlers: ConsumerHandlers): void;
  /** All deliveries up to and including `tag` are stored. No-op where the broker keeps nothing. */
  ack(tag: number): void;
  /**
   * Ends the connection at hand, if there is one, and makes a new one: it seems to stand, but nothing comes through it
   * since `sinceMs` (epoch milliseconds). `reason` is for people.
   */
  reconnect(reason: string, sinceMs: number): void;
  /** Publishes to the workers' control exchange; rejects when the broker cannot be reached now. */
  broadcast(message: Broadcast): Promise<void>;
  /** Stops for good; settles when the sockets are closed. */
  stop(): Promise<void>;
}
