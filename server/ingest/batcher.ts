import type { Delivery } from '../brokers/broker.ts';
import { isTaskEvent, type CeleryEvent, type TaskEvent } from '../celery/event.ts';
import { readEvents } from '../celery/read-events.ts';
import { reduceTask } from '../domain/task.ts';
import { isOfWorker, reduceWorker } from '../domain/worker.ts';
import type { Batch, Reject } from './batch.ts';

/**
 * In: deliveries, one after the other. Out: a {@link Batch} of what they add up to, and the events it was made of.
 * Pure accumulation: no clock, no timer, no store. Whatever is thrown while one message or event is handled becomes a
 * Reject; it never costs the batch. On recorded traffic, decode, reduce and batch take 4.4 µs of CPU an event from
 * RabbitMQ and 6 µs from Redis, whose envelope is a second JSON; the way from thread to thread, 2 µs a message.
 */

/** One event of a batch and where it came from, kept until it is committed, should the store refuse it. */
export interface Entry {
  readonly event: CeleryEvent;
  readonly source: Source;
}

/** What is kept of the message an event came in, and the masked URL of its broker. */
export interface Source extends Pick<Delivery, 'receivedAtMs' | 'routingKey' | 'contentType'> {
  readonly broker: string;
}

/** What is done with a message; tests put a breaking one in. */
export interface BatcherSteps {
  readEvents: typeof readEvents;
  reduceTask: typeof reduceTask;
  reduceWorker: typeof reduceWorker;
}

export const realSteps: BatcherSteps = { readEvents, reduceTask, reduceWorker };

/** Rejects are kept for a person to read: more of them in one batch are counted only. */
const maxRejectsKept = 100;
const maxExcerpt = 2000;

/** An event is nobody else's: it comes from a message that was just read. */
type Mutable<T> = { -readonly [Field in keyof T]: T[Field] };

export class Batcher {
  readonly batch: Batch = emptyBatch();
  /** All of its events, in order. */
  readonly events: CeleryEvent[] = [];
  /** By event. */
  readonly #sources: Source[] = [];
  readonly #types = new Map<string, string>();
  /** Messages that could not be read, also those not kept. */
  rejected = 0;
  messages = 0;
  /** Size of the messages' bodies. */
  bytes = 0;
  readonly #steps: BatcherSteps;

  constructor(steps: BatcherSteps = realSteps) {
    this.#steps = steps;
  }

  get isEmpty(): boolean {
    return this.events.length === 0 && this.rejected === 0;
  }

  /** Made when they are asked for, as a batch that is committed at once has no use for them. */
  get entries(): Entry[] {
    return this.events.map((event, i) => ({ event, source: this.#sources[i]! }));
  }

  add(delivery: Delivery, broker: string): void {
    const { receivedAtMs, routingKey, contentType } = delivery;
    const source = { receivedAtMs, routingKey, contentType, broker };
    this.messages++;
    this.bytes += delivery.body.length;
    try {
      const { events, rejects, rejected } = this.#steps.readEvents(delivery);
      for (const event of events) this.#addEvent(event, source);
      for (const { reason, excerpt } of rejects) this.#reject(source, reason, excerpt);
      this.rejected += rejected - rejects.length;
    } catch (error) {
      this.#reject(source, toReason(error), toExcerpt(delivery.body));
    }
  }

  #addEvent(event: Mutable<CeleryEvent>, source: Source): void {
    try {
      event.type = this.#sharedType(event.type);
      accumulate(this.batch, event, source, this.#steps);
      this.events.push(event);
      this.#sources.push(source);
    } catch (error) {
      this.#reject(source, toReason(error), toEventExcerpt(event));
    }
  }

  #sharedType(type: string): string {
    const known = this.#types.get(type);
    if (known === undefined) this.#types.set(type, type);
    return known ?? type;
  }

  #reject(source: Source, reason: string, excerpt: string): void {
    this.rejected++;
    if (this.batch.rejects.length < maxRejectsKept) this.batch.rejects.push(toReject(source, reason, excerpt));
  }
}

/** The batch that these events make, for a commit of a part of them. */
export function toBatch(entries: Entry[], rejects: Reject[], steps: BatcherSteps = realSteps): Batch {
  const batch = emptyBatch();
  for (const { event, source } of entries) accumulate(batch, event, source, steps);
  batch.rejects.push(...rejects);
  return batch;
}

/** An event that was read but can never be stored. */
export function toRejectedEvent({ event, source }: Entry, error: unknown): Reject {
  return toReject(source, `The store refuses it: ${toReason(error)}`, toEventExcerpt(event));
}

function emptyBatch(): Batch {
  return { tasks: new Map(), taskEvents: [], otherEvents: [], workers: new Map(), rejects: [] };
}

/**
 * Reduces first and appends last, so that a throw leaves the batch as it was. Events were parsed each by itself: names that
 * many of them have are kept once, and are then the same at first sight.
 */
function accumulate(
  batch: Batch,
  event: Mutable<CeleryEvent>,
  { receivedAtMs }: Pick<Source, 'receivedAtMs'>,
  steps: BatcherSteps,
): void {
  const isWorker = isOfWorker(event);
  const knownWorker = isWorker ? batch.workers.get(event.hostname) : undefined;
  const worker = isWorker ? steps.reduceWorker(knownWorker, event, receivedAtMs / 1000) : undefined;
  if (worker) event.hostname = worker.hostname;
  if (isTaskEvent(event)) addToTask(batch, event, steps);
  else batch.otherEvents.push(event);
  if (worker !== knownWorker) batch.workers.set(event.hostname, worker!);
}

function addToTask(batch: Batch, event: Mutable<TaskEvent>, steps: BatcherSteps): void {
  const known = batch.tasks.get(event.uuid);
  if (known) event.uuid = known.uuid;
  const task = steps.reduceTask(known, event);
  if (task !== known) batch.tasks.set(event.uuid, task);
  batch.taskEvents.push(event);
}

function toReject(source: Source, reason: string, excerpt: string): Reject {
  const { receivedAtMs, broker, routingKey, contentType } = source;
  return {
    at: receivedAtMs / 1000,
    broker,
    reason: toStorableText(reason),
    routingKey: toStorableText(routingKey),
    contentType: contentType === undefined ? null : toStorableText(contentType),
    excerpt: toStorableText(excerpt),
  };
}

function toReason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What one event does wrong must not cost the others: not even when it cannot be written out. */
function toEventExcerpt(event: CeleryEvent): string {
  try {
    return toExcerpt(JSON.stringify(event));
  } catch {
    return `${event.type} of ${event.hostname}`;
  }
}

function toExcerpt(body: string | Uint8Array): string {
  if (typeof body === 'string') return body.slice(0, maxExcerpt);
  return Buffer.from(body.buffer, body.byteOffset, Math.min(body.byteLength, maxExcerpt)).toString('latin1');
}

/** Postgres has no NUL in texts, and neither engine half a surrogate pair: a reject must never be refused itself. */
function toStorableText(text: string): string {
  return text.replace(/[\0\p{Surrogate}]/gu, '\uFFFD');
}
