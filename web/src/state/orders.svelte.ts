import { ApiError } from '../api/api-error.ts';
import type { Client } from '../api/client.ts';
import type { WorkerOrder } from '../models/worker-order.ts';

/** How an order ended. */
export interface Outcome {
  order: WorkerOrder;
  isDone: boolean;
  /** The worker's own words, or why it was not done. */
  said: string;
}

/** Orders of one page, one at a time: what hurts is asked about first. */
export class Orders {
  /** It waits for a yes. */
  asked: WorkerOrder | null = $state.raw(null);
  /** It was sent, and is not answered yet. */
  sent: WorkerOrder | null = $state.raw(null);
  outcome: Outcome | null = $state.raw(null);
  readonly #client: Pick<Client, 'act'>;
  readonly #onDone: (order: WorkerOrder) => void;

  constructor(client: Pick<Client, 'act'>, onDone: (order: WorkerOrder) => void) {
    this.#client = client;
    this.#onDone = onDone;
  }

  give(order: WorkerOrder): void {
    if (order.warning === null) void this.#send(order);
    else this.asked = order;
  }

  async confirm(order: WorkerOrder): Promise<void> {
    this.asked = null;
    await this.#send(order);
  }

  cancel(): void {
    this.asked = null;
  }

  async #send(order: WorkerOrder): Promise<void> {
    if (this.sent !== null) return;
    this.sent = order;
    this.outcome = null;
    try {
      const { message } = await this.#client.act(order.action, order.name, order.form);
      this.outcome = { order, isDone: true, said: message };
      this.#onDone(order);
    } catch (error) {
      const said = error instanceof ApiError ? error.message : String(error);
      this.outcome = { order, isDone: false, said };
    } finally {
      this.sent = null;
    }
  }
}
