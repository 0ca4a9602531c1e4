/**
 * In: how to open one session, and the brokers of a failover list. Out: an {@link EventConsumer} that opens one session
 * after the other, for ever. It numbers the deliveries and keeps the state; it knows no protocol, and nothing that a
 * broker does is ever thrown out of here.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../errors.ts';
import { toBackoffMs } from './backoff.ts';
import type { Broadcast, ConnectionState, ConsumerHandlers, EventConsumer, LossCause } from './broker.ts';
import type { BrokerUrl } from './broker-url.ts';
import { toReason } from './reason.ts';
import {
  settleWithin,
  type ConsumerLog,
  type Message,
  type OpenSession,
  type Session,
  type SessionEvents,
} from './session.ts';

interface ReconnectingOptions {
  maskedUrl: string;
  urls: readonly BrokerUrl[];
  redelivers: boolean;
  openSession: OpenSession;
  log: ConsumerLog;
}

/** A connection that broke earlier than this counts as one more failure, so that a flapping broker is not hammered. */
const steadyAfterMs = 5_000;
const broadcastLimitMs = 5_000;
/** How long `stop` waits for a session to close. */
const closeLimitMs = 3_000;
/** How long it waits for an attempt to connect that hangs: it closes its sockets itself when it gives up. */
const attemptLimitMs = 500;

interface Opened {
  url: BrokerUrl;
  session: Session;
  ended: Promise<End>;
}

/** Why a session ended, and when; epoch milliseconds. */
interface End {
  reason: Error;
  sinceMs: number;
}

export class ReconnectingConsumer implements EventConsumer {
  readonly maskedUrl: string;
  readonly redelivers: boolean;
  readonly #options: ReconnectingOptions;
  readonly #stopping = new AbortController();
  #handlers: ConsumerHandlers | null = null;
  #running: Promise<void> = Promise.resolve();
  #current: { session: Session; url: BrokerUrl; end: SessionEvents['onEnd'] } | null = null;
  #lastTag = 0;
  /** The last tag before the present session. */
  #tagBeforeSession = 0;
  /** Where in the list the next attempt begins: at the broker that answered last, for its queue holds what we missed. */
  #firstUrl = 0;
  #overflowing = false;
  #state: { connected: boolean; error: string | null; sinceMs: number } | null = null;

  constructor(options: ReconnectingOptions) {
    this.#options = options;
    this.maskedUrl = options.maskedUrl;
    this.redelivers = options.redelivers;
  }

  start(handlers: ConsumerHandlers): void {
    if (this.#handlers) throw new Error('A consumer is started once.');
    this.#handlers = handlers;
    this.#running = this.#run();
  }

  ack(tag: number): void {
    // What an earlier session delivered is the broker's again and will come once more: there is nothing to acknowledge.
    if (tag > this.#tagBeforeSession) {
      this.#current?.session.ack(Math.min(tag, this.#lastTag) - this.#tagBeforeSession);
    }
  }

  reconnect(reason: string, sinceMs: number): void {
    this.#current?.end(new Error(reason), sinceMs);
  }

  async broadcast(message: Broadcast): Promise<void> {
    const current = this.#current;
    const fail = (reason: string) =>
      new AppError('broker_unavailable', `The broker ${this.maskedUrl} cannot be reached now: ${reason}`);
    if (!current) throw fail(this.#state?.error ?? 'not connected');
    try {
      await settleWithin(current.session.broadcast(message), broadcastLimitMs, 'the message was not taken');
    } catch (error) {
      throw fail(toReason(error, current.url));
    }
  }

  async stop(): Promise<void> {
    const limitMs = this.#current ? closeLimitMs : attemptLimitMs;
    this.#stopping.abort();
    this.#current?.end(new Error('stopped'));
    await settleWithin(this.#running, limitMs, 'stopped').catch(() => undefined);
    this.#reportLoss(null);
  }

  /** Read anew after each wait, for `stop` may have come meanwhile. */
  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#isStopping()) {
      const opened = await this.#openFirst();
      if (typeof opened !== 'string') {
        const openedMs = performance.now();
        await this.#serve(opened);
        if (performance.now() - openedMs > steadyAfterMs) failures = 0;
      } else if (!this.#isStopping()) {
        this.#reportLoss(opened);
      }
      const delayMs = toBackoffMs(failures++, Math.random());
      await sleep(delayMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
  }

  /** Tries each broker of the list once; a string says why none could be had. */
  async #openFirst(): Promise<Opened | string> {
    const { urls } = this.#options;
    const errors: string[] = [];
    for (let tried = 0; tried < urls.length && !this.#isStopping(); tried++) {
      const index = (this.#firstUrl + tried) % urls.length;
      const url = urls[index] as BrokerUrl;
      try {
        const opened = await this.#open(url);
        this.#firstUrl = index;
        return opened;
      } catch (error) {
        errors.push(`${url.masked}: ${toReason(error, url)}`);
      }
    }
    return errors.join('; ');
  }

  async #open(url: BrokerUrl): Promise<Opened> {
    let live = true;
    let end: SessionEvents['onEnd'] = () => undefined;
    const ended = new Promise<End>((resolve) => {
      end = (reason, sinceMs = Date.now()) => {
        live = false;
        resolve({ reason, sinceMs });
      };
    });
    this.#tagBeforeSession = this.#lastTag;
    const onMessage = (message: Message) => {
      if (live && !this.#isStopping()) this.#deliver(message);
    };
    const onOverflow = (isOverflowing: boolean) => {
      if (live && !this.#isStopping()) this.#reportOverflow(isOverflowing);
    };
    try {
      const session = await this.#options.openSession(url, { onMessage, onEnd: end, onOverflow });
      this.#current = { session, url, end };
      return { session, url, ended };
    } catch (error) {
      live = false;
      throw error;
    }
  }

  /** Stays with a session until it is gone, and says so before the sockets are closed, which takes its time. */
  async #serve({ session, url, ended }: Opened): Promise<void> {
    if (!this.#isStopping()) {
      this.#reportConnection(session.causeBefore);
      this.#options.log.info('connected to the broker', { broker: url.masked });
      const { reason, sinceMs } = await ended;
      if (!this.#isStopping()) this.#reportLoss(`${url.masked}: ${toReason(reason, url)}`, sinceMs);
    }
    this.#current = null;
    await session.close();
  }

  #deliver(message: Message): void {
    this.#lastTag += 1;
    this.#call(() => this.#handlers?.onDelivery({ ...message, tag: this.#lastTag, receivedAtMs: Date.now() }));
  }

  #reportConnection(cause: LossCause | undefined): void {
    const sinceMs = Date.now();
    this.#state = { connected: true, error: null, sinceMs };
    this.#tell(cause === undefined ? { connected: true, sinceMs } : { connected: true, sinceMs, cause });
  }

  /** Once for each reason; `sinceMs` stays that of the first. */
  #reportLoss(error: string | null, lostMs = Date.now()): void {
    const before = this.#state;
    if (before?.connected === false && before.error === error) return;
    const sinceMs = before?.connected === false ? before.sinceMs : lostMs;
    this.#state = { connected: false, error, sinceMs };
    if (error !== null) this.#options.log.warn('not connected to the broker', { broker: this.maskedUrl, error });
    this.#tell({ connected: false, sinceMs, error });
  }

  #reportOverflow(isOverflowing: boolean): void {
    if (isOverflowing === this.#overflowing) return;
    this.#overflowing = isOverflowing;
    const broker = this.maskedUrl;
    if (isOverflowing) this.#options.log.warn('the event queue is full, its oldest messages are dropped', { broker });
    this.#call(() => this.#handlers?.onOverflow(isOverflowing));
  }

  #tell(state: ConnectionState): void {
    this.#call(() => this.#handlers?.onState(state));
  }

  /** A handler that throws is a fault of ours; the socket's event loop is the wrong place to die of it. */
  #call(handler: () => void): void {
    try {
      handler();
    } catch (error) {
      this.#options.log.warn('a handler of the broker consumer failed', { error: String(error) });
    }
  }
}
