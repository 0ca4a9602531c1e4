import type { Worker } from 'node:worker_threads';
import { AppError } from '../../errors.ts';
import type { ReadRequest, ReadResponse } from './reader-protocol.ts';

type Rows = unknown[];

interface Pending {
  resolve: (rows: Rows) => void;
  reject: (error: Error) => void;
}

/** Asks a reader thread. Rows come back as they were read; blobs as Uint8Array. */
export class ReaderPool {
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #nextId = 1;
  #closed = false;

  constructor(private readonly startThread: () => Worker) {}

  read(file: string, sql: string, parameters: readonly unknown[]): Promise<Rows> {
    if (this.#closed) return Promise.reject(new AppError('store_unavailable', 'The store is closed.'));
    const request: ReadRequest = { id: this.#nextId++, file, sql, parameters };
    return new Promise((resolve, reject) => {
      this.#pending.set(request.id, { resolve, reject });
      const thread = this.#thread();
      thread.ref();
      thread.postMessage(request);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.terminate();
    this.#failAll(new AppError('store_unavailable', 'The store is closed.'));
  }

  /** A thread that died is replaced at the next question; those it owed fail. */
  #thread(): Worker {
    if (this.#worker) return this.#worker;
    const worker = this.startThread();
    worker.on('message', (response: ReadResponse) => this.#settle(response));
    worker.on('error', (error) => {
      this.#worker = undefined;
      this.#failAll(new AppError('store_unavailable', `A reader thread ended: ${error.message}`));
    });
    this.#worker = worker;
    return worker;
  }

  #settle(response: ReadResponse): void {
    const pending = this.#pending.get(response.id);
    this.#pending.delete(response.id);
    if (this.#pending.size === 0) this.#worker?.unref();
    if ('rows' in response) pending?.resolve(response.rows);
    else pending?.reject(new AppError('store_unavailable', `The store could not be read: ${response.error}`));
  }

  #failAll(error: Error): void {
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}
