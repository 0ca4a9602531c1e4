import type { TerminationSignal } from '../../../server/contract/control.ts';
import { ApiError } from '../api/api-error.ts';
import type { Client } from '../api/client.ts';
import type { ActionName } from '../models/task-actions.ts';

/** What was answered to an order. */
export interface Answer {
  isDone: boolean;
  said: string;
  /** Of the task that was made. */
  made: string | null;
}

/** One order about one task: it is asked for, sent, and answered. */
export class TaskOrder {
  isSending = $state(false);
  answer: Answer | null = $state.raw(null);
  readonly #client: Pick<Client, 'act' | 'retryTask'>;
  readonly #uuid: string;

  constructor(client: Pick<Client, 'act' | 'retryTask'>, uuid: string) {
    this.#client = client;
    this.#uuid = uuid;
  }

  /** `body`: JSON of what is to be different. */
  runAgain(body: string): Promise<void> {
    return this.#send(async () => {
      const made = (await this.#client.retryTask(this.#uuid, body))['task-id'];
      return { said: 'The broker has it.', made };
    });
  }

  /** `signal`: of a termination. */
  order(name: Exclude<ActionName, 'again'>, signal: TerminationSignal): Promise<void> {
    return this.#send(async () => {
      const form: Record<string, string> = name === 'terminate' ? { terminate: 'true', signal } : {};
      const { message } = await this.#client.act(name === 'abort' ? 'task/abort' : 'task/revoke', this.#uuid, form);
      return { said: message, made: null };
    });
  }

  async #send(work: () => Promise<Pick<Answer, 'said' | 'made'>>): Promise<void> {
    if (this.isSending) return;
    this.isSending = true;
    this.answer = null;
    try {
      this.answer = { isDone: true, ...(await work()) };
    } catch (error) {
      this.answer = { isDone: false, said: error instanceof ApiError ? error.message : String(error), made: null };
    } finally {
      this.isSending = false;
    }
  }
}
