import type { Worker } from 'node:worker_threads';
import { AppError } from '../../errors.ts';
import type { ReadRequest, ReadResponse } from './reader-protocol.ts';

type Rows = unknown[];

interface Pending {
  resolve: (rows: Rows) => void;
  reject: (error: Error) => void;
}

/** Two, so that a short question does not wait behind a long list: with one, 6 ms became 550 ms. */
const threads = 2;
/** More questions than this at once is more than anybody waits for. */
const maxPending = 1000;

/** Asks reader threads. Rows come back as they were read; blobs as Uint8Array. */
export class ReaderPool {
  readonly #readers: Reader[];
  #closed = false;

  constructor(startThread: () => Worker) {
    this.#readers = Array.from({ length: threads }, () => new Reader(startThread));
  }

  /** Rejects with `store_unavailable`: the store is closed, too busy, or cannot answer this. */
  async read(file: string, sql: string, parameters: readonly unknown[]): Promise<Rows> {
    if (this.#closed) throw closed();
    const idlest = this.#readers.reduce((a, b) => (b.pending < a.pending ? b : a));
    if (idlest.pending >= maxPending / threads) {
      throw new AppError('store_unavailable', 'Too many questions to the store are waiting; ask again later.');
    }
    return idlest.read(file, sql, parameters);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#readers.map((reader) => reader.close()));
  }
}

/** One thread, started at its first question, and again at the next one should it have died. */
class Reader {
  readonly #pending = new Map<number, Pending>();
  #thread: Worker | undefined;
  #nextId = 1;

  constructor(private readonly startThread: () => Worker) {}

  get pending(): number {
    return this.#pending.size;
  }

  read(file: string, sql: string, parameters: readonly unknown[]): Promise<Rows> {
    const request: ReadRequest = { id: this.#nextId++, file, sql, parameters };
    return new Promise((resolve, reject) => {
      this.#pending.set(request.id, { resolve, reject });
      const thread = (this.#thread ??= this.#start());
      thread.ref();
      thread.postMessage(request);
    });
  }

  async close(): Promise<void> {
    const thread = this.#thread;
    this.#failAll(closed());
    await thread?.terminate();
  }

  #start(): Worker {
    const thread = this.startThread();
    let why = 'it ended by itself';
    thread.on('message', (response: ReadResponse) => this.#settle(response));
    thread.on('error', (error) => (why = error.message));
    thread.on('exit', () => this.#failAll(new AppError('store_unavailable', `A reader thread ended: ${why}`)));
    return thread;
  }

  #settle(response: ReadResponse): void {
    const pending = this.#pending.get(response.id);
    this.#pending.delete(response.id);
    if (this.#pending.size === 0) this.#thread?.unref();
    if ('rows' in response) pending?.resolve(response.rows);
    else pending?.reject(new AppError('store_unavailable', `The store could not be read: ${response.error}`));
  }

  #failAll(error: Error): void {
    this.#thread = undefined;
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}

const closed = (): AppError => new AppError('store_unavailable', 'The store is closed.');
