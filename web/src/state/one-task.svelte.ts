import type { TaskBody, TaskEventBody } from '../../../server/contract/tasks.ts';
import { ApiError } from '../api/api-error.ts';
import type { Client } from '../api/client.ts';

/** One task and its events, kept up to date by the live feed. */
export class OneTask {
  readonly uuid: string;
  task: TaskBody | null = $state.raw(null);
  events: readonly TaskEventBody[] | null = $state.raw(null);
  /** Why there is no task. */
  error: ApiError | null = $state.raw(null);
  /** Why there are no events, when there is a task. */
  eventsError: ApiError | null = $state.raw(null);

  readonly #client: Client;
  #isReading = false;
  #isStale = false;

  constructor(client: Client, uuid: string) {
    this.#client = client;
    this.uuid = uuid;
  }

  async load(): Promise<void> {
    const [task] = await Promise.allSettled([this.#client.readTask(this.uuid), this.#readEvents()]);
    if (task.status === 'fulfilled') {
      this.task = task.value;
      this.error = null;
    } else if (!this.task) {
      this.error = toApiError(task.reason);
    }
  }

  receive(task: TaskBody): void {
    // The feed may leave the children out; a child once known stays one.
    this.task = { ...task, children: [...(this.task?.children ?? []), ...task.children] };
    this.error = null;
    void this.#readEvents();
  }

  /** One request at a time; what changes during one is read by one more after it. */
  async #readEvents(): Promise<void> {
    this.#isStale = true;
    if (this.#isReading) return;
    this.#isReading = true;
    while (this.#isStale) {
      this.#isStale = false;
      try {
        this.events = (await this.#client.readTaskEvents(this.uuid)).events;
        this.eventsError = null;
      } catch (error) {
        this.eventsError = toApiError(error);
      }
    }
    this.#isReading = false;
  }
}

function toApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError('internal', String(error));
}
