/**
 * In: a Redis URL. Out: what is published on the event exchange's channels while we are connected; Redis keeps nothing.
 * Leaves nothing behind on the server: the member that kombu adds to `_kombu.binding.*` is not needed to receive.
 */
import type { Redis } from 'ioredis';
import type { Broadcast, LossCause } from './broker.ts';
import type { RedisUrl } from './broker-url.ts';
import { PubSubReader } from './pubsub-reader.ts';
import { readRoutingKey, toChannels, toEnvelope, toPatterns, type ChannelOptions } from './redis-channels.ts';
import { openRedis, type SentinelOptions } from './redis-client.ts';
import type { CutOffWatch } from './redis-cut-off.ts';
import { settleWithin, type Session, type SessionEvents } from './session.ts';

interface RedisSessionOptions extends ChannelOptions, SentinelOptions {
  eventExchange: string;
  /** Celery's `control_exchange`; workers listen on `<this>.pidbox`. */
  controlExchange: string;
  /** A server that leaves two PINGs in a row without any sign of life is given up. */
  pingEveryMs: number;
  /** One for all sessions of a consumer. */
  cutOffs: CutOffWatch;
}

/** Connects and subscribes. */
export async function openRedisSession(
  url: RedisUrl,
  options: RedisSessionOptions,
  events: SessionEvents,
): Promise<Session> {
  const subscriber = await openRedis(url, options);
  const session = new RedisSession(subscriber, url, options, events);
  try {
    await settleWithin(session.subscribe(), url.connectTimeoutMs, 'no answer to PSUBSCRIBE');
  } catch (error) {
    await session.close();
    throw error;
  }
  return session;
}

class RedisSession implements Session {
  causeBefore: LossCause | undefined;
  readonly #subscriber: Redis;
  readonly #url: RedisUrl;
  readonly #options: RedisSessionOptions;
  readonly #events: SessionEvents;
  #publisher: Promise<Redis> | null = null;
  #watch: NodeJS.Timeout | undefined;
  #unanswered = 0;
  #lastError: Error | null = null;
  /** The last two that came. */
  #lastChunks: readonly Buffer[] = [];
  /** When the server last sent anything; epoch milliseconds. */
  #lastSignMs = Date.now();
  #closed = false;

  constructor(subscriber: Redis, url: RedisUrl, options: RedisSessionOptions, events: SessionEvents) {
    this.#subscriber = subscriber;
    this.#url = url;
    this.#options = options;
    this.#events = events;
  }

  async subscribe(): Promise<void> {
    const channels = toChannels(this.#options.eventExchange, this.#url, this.#options);
    this.#subscriber.on('error', (error: Error) => (this.#lastError = error));
    this.#subscriber.on('end', () => this.#endByServer());
    this.causeBefore = await this.#options.cutOffs.opened(this.#subscriber, this.#url.connectTimeoutMs);
    const patterns = toPatterns(channels, this.#options);
    await this.#readStream(patterns, channels);
    await this.#subscriber.psubscribe(...patterns);
    this.#subscriber.stream.on('data', (chunk: Buffer) => {
      this.#lastChunks = [...this.#lastChunks.slice(-1), chunk];
      this.#lastSignMs = Date.now();
      this.#unanswered = 0;
    });
    this.#startWatch();
  }

  /** From here on we read the socket ourselves, and hand the client library only what is no message. */
  async #readStream(patterns: string[], channels: string[]): Promise<void> {
    // Once this is answered, well or not, nothing is under way: our first byte is the first of a reply.
    await this.#subscriber.ping().catch(() => undefined);
    const { stream } = this.#subscriber;
    const libraryListeners = stream.listeners('data');
    const reader = new PubSubReader(patterns, {
      onMessage: (received, text) => {
        this.#events.onMessage({ body: text, envelope: true, routingKey: readRoutingKey(received, channels) });
      },
      onReply: (bytes) => libraryListeners.forEach((listener) => void listener.call(stream, bytes)),
    });
    stream.removeAllListeners('data');
    stream.on('data', (chunk: Buffer) => reader.read(chunk));
  }

  ack(): void {
    // Redis keeps nothing: there is nothing to acknowledge.
  }

  async broadcast(message: Broadcast): Promise<void> {
    const exchange = `${this.#options.controlExchange}.pidbox`;
    const publisher = await this.#openPublisher();
    try {
      const envelope = toEnvelope(message, exchange);
      const channels = toChannels(exchange, this.#url, this.#options);
      await Promise.all(channels.map((channel) => publisher.publish(channel, envelope)));
    } catch (error) {
      // Whatever it was, the next broadcast gets a fresh connection.
      this.#publisher = null;
      publisher.disconnect();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#watch);
    this.#subscriber.disconnect();
    this.#subscriber.stream.destroy();
    await this.#publisher?.then(
      (publisher) => publisher.disconnect(),
      () => undefined,
    );
  }

  /** A subscribed connection may not publish: there is a second one, opened when first needed. */
  #openPublisher(): Promise<Redis> {
    this.#publisher ??= openRedis(this.#url, this.#options).then(
      (publisher) => {
        publisher.on('end', () => (this.#publisher = null));
        publisher.options.commandTimeout = this.#url.connectTimeoutMs;
        if (this.#closed) publisher.disconnect();
        return publisher;
      },
      (error: unknown) => {
        this.#publisher = null;
        throw error;
      },
    );
    return this.#publisher;
  }

  /**
   * Finds a connection that is dead without having been closed (a firewall, a host that lost its power). It counts
   * PINGs, not time, so that a busy spell of our own process is not taken for the server's silence.
   */
  #startWatch(): void {
    clearInterval(this.#watch);
    this.#unanswered = 0;
    this.#watch = setInterval(() => {
      if (this.#unanswered >= 2) {
        const seconds = String((this.#unanswered * this.#options.pingEveryMs) / 1000);
        this.#options.cutOffs.ended({ byServer: false });
        this.#end(new Error(`Redis has been silent for ${seconds} s`), this.#lastSignMs);
        return;
      }
      this.#unanswered += 1;
      // That we may not ask is an answer, too.
      this.#subscriber.ping().catch(() => undefined);
    }, this.#options.pingEveryMs);
  }

  #endByServer(): void {
    if (this.#closed) return;
    // A connection that was reset may lose its last bytes on the way: that tells nothing.
    const wasBehind = this.#lastError === null && isOfMore(this.#lastChunks);
    this.#options.cutOffs.ended({ byServer: true, wasBehind });
    this.#end(this.#lastError ?? new Error('Redis closed the connection'));
  }

  #end(reason: Error, sinceMs?: number): void {
    clearInterval(this.#watch);
    if (!this.#closed) this.#events.onEnd(reason, sinceMs);
  }
}

/** So much Node reads from a socket at once: where it got that, more was waiting. */
const wholeRead = 65_536;

/** Whether there was more than these chunks, the last that came. Every whole reply ends with CR LF. */
function isOfMore(chunks: readonly Buffer[]): boolean {
  const last = chunks.at(-1);
  if (last === undefined) return false;
  const endsReply = last.length === 1 ? last[0] === 0x0a : last.subarray(-2).equals(crLf);
  return !endsReply || chunks.some(({ length }) => length >= wholeRead);
}

const crLf = Buffer.from('\r\n');
