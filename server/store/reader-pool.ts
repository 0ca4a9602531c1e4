import type { Worker } from 'node:worker_threads';
import { AppError } from '../errors.ts';
import type { AskRequest, ForgetRequest, ReadResponse, RowsRequest } from './reader-protocol.ts';
import type { AskLimits } from './segment-data.ts';

interface Pending {
  resolve: (answer: unknown) => void;
  reject: (error: Error) => void;
}

/** More questions than this at once is more than anybody waits for. */
const maxPending = 1000;

/** Asks reader threads. Rows come back as they were read; blobs as Uint8Array. */
export class ReaderPool {
  readonly #readers: Reader[];
  #closed = false;

  constructor(startThread: () => Worker, threads: number) {
    this.#readers = Array.from({ length: threads }, () => new Reader(startThread));
  }

  /** Rejects with `store_unavailable`: the store is closed, too busy, or cannot answer this. */
  async read(file: string, sql: string, parameters: readonly unknown[]): Promise<unknown[]> {
    const idlest = this.#readers.reduce((a, b) => (b.pending < a.pending ? b : a));
    const request: Omit<RowsRequest, 'id'> = { kind: 'rows', file, sql, parameters };
    return (await this.#send(idlest, request)) as unknown[];
  }

  /**
   * A question about a segment's data, always to the same thread for the same segment, as it remembers answers. Rejects
   * like {@link read}, and with `cancelled` when the signal says so.
   */
  async ask(segment: number, place: string, question: unknown, limits: AskLimits): Promise<unknown> {
    const { deadlineMs, signal } = limits;
    if (signal?.aborted) throw cancelled();
    const flag = new Int32Array(new SharedArrayBuffer(4));
    const remainingMs = deadlineMs - performance.now();
    const request = { kind: 'ask', place, question, remainingMs, sentAtMs: Date.now(), cancelled: flag } as const;
    const answer = this.#send(this.#readers[segment % this.#readers.length]!, request);
    if (!signal) return answer;
    let abort: (() => void) | undefined;
    const aborted = new Promise<never>((_, reject) => {
      abort = () => {
        Atomics.store(flag, 0, 1);
        reject(cancelled());
      };
      signal.addEventListener('abort', abort);
    });
    return Promise.race([answer, aborted]).finally(() => signal.removeEventListener('abort', abort!));
  }

  /** Closes a file that was removed wherever it is open, after the questions to it that wait already. */
  forget(file: string): void {
    for (const reader of this.#readers) reader.forget(file);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#readers.map((reader) => reader.close()));
  }

  async #send(reader: Reader, request: Omit<RowsRequest, 'id'> | Omit<AskRequest, 'id'>): Promise<unknown> {
    if (this.#closed) throw closed();
    if (reader.pending >= maxPending / this.#readers.length) {
      throw new AppError('store_unavailable', 'Too many questions to the store are waiting; ask again later.');
    }
    return reader.send(request);
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

  send(question: Omit<RowsRequest, 'id'> | Omit<AskRequest, 'id'>): Promise<unknown> {
    const request = { ...question, id: this.#nextId++ };
    return new Promise((resolve, reject) => {
      this.#pending.set(request.id, { resolve, reject });
      const thread = (this.#thread ??= this.#start());
      thread.ref();
      thread.postMessage(request);
    });
  }

  forget(file: string): void {
    this.#thread?.postMessage({ kind: 'forget', file } satisfies ForgetRequest);
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
    else if ('answer' in response) pending?.resolve(response.answer);
    else if (response.code) pending?.reject(new AppError(response.code, response.error));
    else pending?.reject(new AppError('store_unavailable', `The store could not be read: ${response.error}`));
  }

  #failAll(error: Error): void {
    this.#thread = undefined;
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}

const closed = (): AppError => new AppError('store_unavailable', 'The store is closed.');
const cancelled = (): AppError => new AppError('cancelled', 'The question was taken back.');
