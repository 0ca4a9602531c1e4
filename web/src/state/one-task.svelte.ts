import type { TaskBody, TaskEventBody, TaskInfoBody, WorkflowBody } from '../../../server/contract/tasks.ts';
import { toApiError, type ApiError } from '../api/api-error.ts';
import type { Client } from '../api/client.ts';
import { isAtRest } from '../models/task-state.ts';

/** One task, its events and its workflow, kept up to date by the live feed. */
export class OneTask {
  readonly uuid: string;
  task: TaskInfoBody | null = $state.raw(null);
  events: readonly TaskEventBody[] | null = $state.raw(null);
  workflow: WorkflowBody | null = $state.raw(null);
  /** Why there is no task. */
  error: ApiError | null = $state.raw(null);
  /** Why there are no events, when there is a task; and why no workflow. */
  eventsError: ApiError | null = $state.raw(null);
  workflowError: ApiError | null = $state.raw(null);
  /** Something of the workflow may still change, and the feed tells of this task alone. */
  readonly isWorkflowOpen = $derived(this.workflow?.tasks.some(({ state }) => !isAtRest(state)) ?? false);

  readonly #client: Client;
  #isReading = false;
  #isStale = false;

  constructor(client: Client, uuid: string) {
    this.#client = client;
    this.uuid = uuid;
  }

  async load(): Promise<void> {
    await Promise.all([this.#readTask(), this.#readEvents(), this.readWorkflow()]);
  }

  receive(task: TaskBody): void {
    // Of repetitions the feed does not tell.
    if (!this.task) void this.#readTask();
    // It may leave the children out; a child once known stays one.
    this.task = { ...this.task, ...task, children: [...(this.task?.children ?? []), ...task.children] };
    this.error = null;
    void this.#readEvents();
    void this.readWorkflow();
  }

  async #readTask(): Promise<void> {
    try {
      this.task = await this.#client.readTask(this.uuid);
      this.error = null;
    } catch (error) {
      if (!this.task) this.error = toApiError(error);
    }
  }

  async readWorkflow(): Promise<void> {
    try {
      this.workflow = await this.#client.readWorkflow(this.uuid);
      this.workflowError = null;
    } catch (error) {
      this.workflowError = toApiError(error);
    }
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
