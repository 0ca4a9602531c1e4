import type { Broadcast, ConnectionState, Delivery, EventConsumer } from '../brokers/broker.ts';
import { toEnableEventsRequest, toHeartbeatRequest } from '../celery/control-message.ts';
import type { BrokerStatusBody } from '../contract/status.ts';
import { Silence, toSilenceLimitMs } from './heartbeats.ts';
import { BrokerIntake, defaultIntakeLimits, type Way } from './intake.ts';
import type { ReceiverMessage, StreamMessage, WriterAnswer } from './messages.ts';
import { Outflow } from './outflow.ts';
import type { Parcel } from './parcel.ts';
import { ParcelMemory } from './parcel-memory.ts';
import { toReceiverTimes, type ReceiverOptions, type ReceiverTimes } from './receiver-options.ts';
import type { SpoolFolder } from './spool-files.ts';
import type { SpoolOptions } from './spool.ts';
import type { TailHooks } from './spool-tail.ts';

/**
 * The receiving half of ingest.
 *
 * In: deliveries of one or several brokers. Out: parcels of them for the writer, in order, and acknowledgements once the
 * writer has committed. It keeps sockets drained and memory bounded: beyond the bound, what nobody would send again goes
 * to the spool. It never decodes a message (but before a disk gets it, when something has to be redacted) and never waits
 * for the store, nor for the disk.
 */

export interface ReceiverBroker {
  consumer: EventConsumer;
  /** How long the broker keeps messages for us while we are away; 0: not at all. Milliseconds. */
  keepsMs: number;
}

export interface ReceiverOutlet {
  toWriter(message: ReceiverMessage): void;
  /** A connection was made or lost. */
  onBrokers(brokers: BrokerStatusBody[]): void;
  warn?(message: string, fields: Readonly<Record<string, unknown>>): void;
}

/** Where messages go for which there is no memory, and the form in which they may stand on a disk. */
export interface ReceiverSpool {
  folder: SpoolFolder;
  options: SpoolOptions;
  toStorable?: (parcel: Parcel) => Parcel;
  /** How bytes get to the disk; another way in tests. */
  append?: TailHooks['append'];
}

export interface ReceiverFigures {
  /** Messages taken from the sockets and not committed, in memory and in the spool. */
  backlog: number;
  /** In memory. */
  backlogBytes: number;
  /** On the disk, or on the way there. */
  spoolBytes: number;
  /** When the oldest of them came in; epoch milliseconds. */
  oldestMs: number | null;
  /** Messages dropped for want of memory and of room in the spool. */
  dropped: number;
}

/** What the writer could not commit before its time was up. */
type Left = { before: StreamMessage[]; after: StreamMessage[] };
const nothingLeft: Left = { before: [], after: [] };

export class Receiver {
  readonly #options: ReceiverTimes;
  readonly #intakes: BrokerIntake[];
  readonly #silences: Silence[];
  readonly #states: (ConnectionState | null)[];
  readonly #outlet: ReceiverOutlet;
  readonly #outflow: Outflow;
  readonly #memory = new ParcelMemory();
  #timers: NodeJS.Timeout[] = [];
  #handOver: NodeJS.Timeout | null = null;
  #drained: ((left: Left) => void) | null = null;
  /** The Lamport clock of the control messages we send. */
  #clock = 0;

  constructor(
    brokers: ReceiverBroker[],
    options: ReceiverOptions,
    outlet: ReceiverOutlet,
    spool: ReceiverSpool | null = null,
  ) {
    this.#options = toReceiverTimes(options);
    const limits = { ...defaultIntakeLimits, ...options };
    const total = { bytes: 0 };
    this.#outflow = new Outflow(
      {
        brokers: brokers.map(({ consumer, keepsMs }) => ({ maskedUrl: consumer.maskedUrl, keepsMs })),
        spool,
        maxBacklogBytes: limits.maxBacklogBytes,
        toStorable: spool?.toStorable ?? ((parcel) => parcel),
      },
      total,
      {
        toWriter: (message) => outlet.toWriter(message),
        onAdopted: (parcel) => this.#intakes[parcel.broker]?.adopt(parcel),
        warn: (message, fields) => outlet.warn?.(message, fields),
        append: spool?.append,
      },
      this.#memory,
    );
    this.#intakes = brokers.map(
      (broker, index) => new BrokerIntake(index, broker, limits, total, this.#wayOf(broker.consumer), this.#memory),
    );
    this.#silences = brokers.map(() => new Silence());
    this.#states = brokers.map(() => null);
    this.#outlet = outlet;
  }

  start(): void {
    const brokers = this.#intakes.map(({ consumer, keepsMs }) => ({ maskedUrl: consumer.maskedUrl, keepsMs }));
    this.#outlet.toWriter({ kind: 'hello', brokers, resumes: this.#outflow.resumes });
    this.#outflow.start();
    this.#intakes.forEach((intake, index) => {
      intake.consumer.start({
        onDelivery: (delivery) => this.#receive(index, intake, delivery),
        onState: (state) => this.#changeState(index, intake, state),
        onOverflow: (isOverflowing) => intake.overflowsAtBroker(isOverflowing, Date.now()),
      });
    });
    this.#timers.push(setInterval(() => this.#tick(), this.#options.watermarkMs));
    if (this.#options.enableEvents) {
      this.#timers.push(setInterval(() => this.#enableEvents(), this.#options.enableEventsMs));
    }
  }

  /** What the writer answered. */
  hear(answer: WriterAnswer): void {
    if (answer.kind === 'heartbeats') {
      const { broker, everyMs } = answer;
      const limitMs = everyMs === null ? null : toSilenceLimitMs(everyMs, this.#options.leastSilenceMs);
      this.#silences[broker]!.expect(limitMs);
      return;
    }
    if (answer.kind === 'spent') {
      for (const piece of answer.memory) this.#memory.giveBack(piece);
      return;
    }
    if (answer.kind !== 'committed') {
      this.#drained?.(answer.kind === 'left' ? answer : nothingLeft);
      return;
    }
    if (answer.spooled !== undefined) this.#outflow.committed(answer.spooled);
    for (const [broker, tag] of answer.tags) {
      const intake = this.#intakes[broker]!;
      intake.committed(tag);
      intake.consumer.ack(tag);
    }
    // Memory is shared: what one broker gave back may let another go on.
    this.#relieve();
  }

  #tick(): void {
    this.#handOverAll('with watermark');
    this.#relieve();
    this.#reconnectSilent();
  }

  /** Only where what is missed is lost; and not while there is a backlog, which may say that the workers have stopped. */
  #reconnectSilent(): void {
    if (this.figures().backlog > 0) return;
    this.#intakes.forEach(({ consumer, keepsMs }, index) => {
      const silence = this.#silences[index]!;
      if (keepsMs > 0 || !this.#states[index]?.connected || !silence.passed(this.#options.watermarkMs)) return;
      consumer.reconnect('nothing came through, though workers promised heartbeats', silence.sinceMs);
    });
  }

  #relieve(): void {
    for (const intake of this.#intakes) intake.relieve(Date.now());
    this.#outflow.relieve();
  }

  figures(): ReceiverFigures {
    const spool = this.#outflow.figures;
    const oldest = [...this.#intakes, spool].map((holder) => holder.oldestMs ?? Infinity);
    return {
      backlog: this.#intakes.reduce((sum, intake) => sum + intake.count, spool.messages),
      backlogBytes: this.#intakes.reduce((sum, intake) => sum + intake.bytes, 0),
      spoolBytes: spool.bytes,
      oldestMs: Math.min(...oldest) === Infinity ? null : Math.min(...oldest),
      dropped: this.#intakes.reduce((sum, intake) => sum + intake.dropped, 0),
    };
  }

  /**
   * Takes no more messages, hands over what came, and waits up to `timeoutMs` until it is committed, so that it can be
   * acknowledged; what is not goes to the spool. Then closes the sockets.
   */
  async stop(timeoutMs: number): Promise<void> {
    this.#timers.forEach(clearInterval);
    this.#handOverAll('with watermark');
    for (const intake of this.#intakes) intake.close();
    this.#outflow.halt();
    const drained = new Promise<Left>((resolve) => {
      const timer = setTimeout(() => resolve(nothingLeft), timeoutMs);
      this.#drained = (left) => {
        clearTimeout(timer);
        resolve(left);
      };
    });
    this.#outlet.toWriter({ kind: 'end', clean: true, atMs: Date.now() });
    const { before, after } = await drained;
    await this.#outflow.close(before, after);
    await Promise.all(this.#intakes.map((intake) => intake.consumer.stop()));
  }

  /** A broker that keeps messages for us needs no spool: it waits. */
  #wayOf({ redelivers }: EventConsumer): Way {
    const outflow = this.#outflow;
    const direct: Way = {
      isSpooling: false,
      send: (_, message) => this.#outlet.toWriter(message),
      turnToSpool: () => false,
      hasRoom: () => false,
      hasMuchRoom: () => false,
    };
    if (redelivers) return direct;
    return {
      get isSpooling() {
        return outflow.isSpooling;
      },
      send: (broker, message) => outflow.send(broker, message),
      turnToSpool: (bytes) => this.#turnToSpool(bytes),
      hasRoom: (bytes) => outflow.hasRoom(bytes),
      hasMuchRoom: () => outflow.hasMuchRoom(),
    };
  }

  /** What came until now goes straight, with the mark that says so: the spool begins where memory ends. */
  #turnToSpool(bytes: number): boolean {
    if (!this.#outflow.hasRoom(bytes)) return false;
    this.#handOverAll('with watermark');
    this.#outflow.turnToSpool();
    return true;
  }

  #receive(index: number, intake: BrokerIntake, delivery: Delivery): void {
    this.#silences[index]!.heard(delivery.receivedAtMs);
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
    if (state.connected) this.#silences[index]!.heard(state.sinceMs);
    else this.#silences[index]!.expect(null);
    intake.tell({ kind: 'state', broker: index, state });
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
