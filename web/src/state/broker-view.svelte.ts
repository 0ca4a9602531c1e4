import type { BrokerBody, QueueDepthsBody, QueuesBody } from '../../../server/contract/queues.ts';
import { toApiError, type ApiError } from '../api/api-error.ts';
import type { Client } from '../api/client.ts';
import { toQuery } from '../models/overview.ts';

const refreshMs = 5000;
/** What is drawn has one point every few minutes. */
const depthsEveryMs = 60_000;
const dayS = 86_400;

/** The broker and its queues, asked for again and again while anyone looks. Old answers stand until new ones come. */
export class BrokerView {
  broker: BrokerBody | null = $state.raw(null);
  queues: QueuesBody | null = $state.raw(null);
  depths: QueueDepthsBody | null = $state.raw(null);
  brokerError: ApiError | null = $state.raw(null);
  error: ApiError | null = $state.raw(null);
  readonly #client: Client;
  readonly #readNow: () => number;
  #depthsAt = -Infinity;
  #isReading = false;

  /** `readNow`: epoch seconds, by the server's clock. */
  constructor(client: Client, readNow: () => number) {
    this.#client = client;
    this.#readNow = readNow;
  }

  /** Returns how to stop it. */
  start(): () => void {
    void this.read();
    const timer = setInterval(() => {
      if (!document.hidden) void this.read();
    }, refreshMs);
    return () => clearInterval(timer);
  }

  async read(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    await Promise.all([this.#readBroker(), this.#readQueues(), this.#readDepths()]);
    this.#isReading = false;
  }

  async #readBroker(): Promise<void> {
    try {
      this.broker = await this.#client.readBroker();
      this.brokerError = null;
    } catch (error) {
      this.brokerError = toApiError(error);
    }
  }

  async #readQueues(): Promise<void> {
    try {
      this.queues = await this.#client.readQueues();
      this.error = null;
    } catch (error) {
      this.error = toApiError(error);
    }
  }

  async #readDepths(): Promise<void> {
    if (performance.now() - this.#depthsAt < depthsEveryMs) return;
    this.#depthsAt = performance.now();
    const to = Math.ceil(this.#readNow());
    try {
      this.depths = await this.#client.readQueueDepths(toQuery({ from: String(to - dayS), to: String(to) }));
    } catch {
      // The figures of now matter more, and say already when the server does not answer.
    }
  }
}
