import type { Broadcast, ConnectionState, Delivery, EventConsumer } from '../brokers/broker.ts';
import { toEnableEventsRequest, toHeartbeatRequest } from '../celery/control-message.ts';
import type { BrokerStatusBody } from '../contract/status.ts';
import { BrokerIntake, defaultIntakeLimits, type IntakeLimits } from './intake.ts';
import type { ReceiverMessage, WriterAnswer } from './messages.ts';

/**
 * The receiving half of ingest.
 *
 * In: deliveries of one or several brokers. Out: parcels of them for the writer, in order, and acknowledgements once the
 * writer has committed. It keeps sockets drained and memory bounded; it never decodes a message and never waits for
 * the store.
 */

/** What of it can be set. */
export interface ReceiverOptions extends Partial<IntakeLimits> {
  /** Ask all workers, every `enableEventsMs`, to send events. */
  enableEvents: boolean;
  /** 5000 as in Flower: a worker that was started without `-E` is seen after that time. */
  enableEventsMs?: number;
  /** How long a received message may wait for others to travel with. */
  handOverMs?: number;
  /** How often the writer hears up to when all was seen, when nothing comes in. */
  watermarkMs?: number;
}

export interface ReceiverBroker {
  consumer: EventConsumer;
  /** How long the broker keeps messages for us while we are away; 0: not at all. Milliseconds. */
  keepsMs: number;
}

export interface ReceiverOutlet {
  toWriter(message: ReceiverMessage): void;
  /** A connection was made or lost. */
  onBrokers(brokers: BrokerStatusBody[]): void;
}

export interface ReceiverFigures {
  /** Messages taken from the sockets and not committed. */
  backlog: number;
  backlogBytes: number;
  /** When the oldest of them came in; epoch milliseconds. */
  oldestMs: number | null;
  /** Messages dropped for want of memory. */
  dropped: number;
}

export class Receiver {
  readonly #options: Required<Pick<ReceiverOptions, 'enableEvents' | 'enableEventsMs' | 'handOverMs' | 'watermarkMs'>>;
  readonly #intakes: BrokerIntake[];
  readonly #states: (ConnectionState | null)[];
  readonly #outlet: ReceiverOutlet;
  #timers: NodeJS.Timeout[] = [];
  #handOver: NodeJS.Timeout | null = null;
  #drained: (() => void) | null = null;
  /** The Lamport clock of the control messages we send. */
  #clock = 0;

  constructor(brokers: ReceiverBroker[], options: ReceiverOptions, outlet: ReceiverOutlet) {
    this.#options = { enableEventsMs: 5000, handOverMs: 5, watermarkMs: 500, ...options };
    const limits = { ...defaultIntakeLimits, ...options };
    const total = { bytes: 0 };
    this.#intakes = brokers.map(
      (broker, index) => new BrokerIntake(index, broker, limits, total, (message) => outlet.toWriter(message)),
    );
    this.#states = brokers.map(() => null);
    this.#outlet = outlet;
  }

  start(): void {
    const brokers = this.#intakes.map(({ consumer, keepsMs }) => ({ maskedUrl: consumer.maskedUrl, keepsMs }));
    this.#outlet.toWriter({ kind: 'hello', brokers });
    this.#intakes.forEach((intake, index) => {
      intake.consumer.start({
        onDelivery: (delivery) => this.#receive(intake, delivery),
        onState: (state) => this.#changeState(index, intake, state),
      });
    });
    this.#timers.push(setInterval(() => this.#tick(), this.#options.watermarkMs));
    if (this.#options.enableEvents) {
      this.#timers.push(setInterval(() => this.#enableEvents(), this.#options.enableEventsMs));
    }
  }

  /** What the writer answered. */
  hear(answer: WriterAnswer): void {
    if (answer.kind === 'drained') {
      this.#drained?.();
      return;
    }
    for (const [broker, tag] of answer.tags) {
      const intake = this.#intakes[broker]!;
      intake.committed(tag);
      intake.consumer.ack(tag);
    }
    // Memory is shared: what one broker gave back may let another go on.
    for (const intake of this.#intakes) intake.relieve(Date.now());
  }

  #tick(): void {
    this.#handOverAll('with watermark');
    for (const intake of this.#intakes) intake.relieve(Date.now());
  }

  figures(): ReceiverFigures {
    const oldest = this.#intakes.map((intake) => intake.oldestMs).filter((at) => at !== null);
    return {
      backlog: this.#intakes.reduce((sum, intake) => sum + intake.count, 0),
      backlogBytes: this.#intakes.reduce((sum, intake) => sum + intake.bytes, 0),
      oldestMs: oldest.length === 0 ? null : Math.min(...oldest),
      dropped: this.#intakes.reduce((sum, intake) => sum + intake.dropped, 0),
    };
  }

  /**
   * Takes no more messages, hands over what came, and waits up to `timeoutMs` until it is committed, so that it can be
   * acknowledged; then closes the sockets.
   */
  async stop(timeoutMs: number): Promise<void> {
    this.#timers.forEach(clearInterval);
    for (const intake of this.#intakes) intake.consumer.pause();
    this.#handOverAll('with watermark');
    for (const intake of this.#intakes) intake.close();
    const drained = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#drained = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#outlet.toWriter({ kind: 'end', clean: true });
    await drained;
    await Promise.all(this.#intakes.map((intake) => intake.consumer.stop()));
  }

  #receive(intake: BrokerIntake, delivery: Delivery): void {
    intake.take(delivery);
    this.#handOver ??= setTimeout(() => this.#handOverAll('messages only'), this.#options.handOverMs);
  }

  #handOverAll(what: 'messages only' | 'with watermark'): void {
    if (this.#handOver !== null) clearTimeout(this.#handOver);
    this.#handOver = null;
    const nowMs = Date.now();
    this.#intakes.forEach((intake, index) => {
      intake.handOver(what === 'with watermark' && this.#states[index]?.connected ? nowMs : null);
    });
  }

  #changeState(index: number, intake: BrokerIntake, state: ConnectionState): void {
    intake.handOver(null);
    this.#states[index] = state;
    this.#outlet.toWriter({ kind: 'state', broker: index, state });
    this.#outlet.onBrokers(this.brokers());
    if (!state.connected) return;
    this.#broadcast(intake.consumer, toHeartbeatRequest);
    if (this.#options.enableEvents) this.#broadcast(intake.consumer, toEnableEventsRequest);
  }

  brokers(): BrokerStatusBody[] {
    return this.#intakes.map(({ consumer }, index) => {
      const state = this.#states[index] ?? null;
      return {
        url: consumer.maskedUrl,
        connected: state?.connected ?? false,
        since: state === null ? null : state.sinceMs / 1000,
        error: state === null || state.connected ? null : state.error,
      };
    });
  }

  #enableEvents(): void {
    this.#intakes.forEach((intake, index) => {
      if (this.#states[index]?.connected) this.#broadcast(intake.consumer, toEnableEventsRequest);
    });
  }

  /** The connection may be lost at any moment; the next connection, or the next five seconds, send it again. */
  #broadcast(consumer: EventConsumer, toMessage: (options: { clock: number }) => Broadcast): void {
    this.#clock++;
    consumer.broadcast(toMessage({ clock: this.#clock })).catch(() => undefined);
  }
}
