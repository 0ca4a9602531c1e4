/**
 * Reads what workers answer when asked (`celery.worker.control`).
 *
 * In: one message from a reply queue. Out: who says what to which question. Tolerant: an entry that is not of the form
 * that Celery gives it is left out, an odd field is null; a worker's own error is passed on as its text.
 */
import type { Delivery } from '../brokers/broker.ts';
import { AppError } from '../errors.ts';
import { decompressNow } from './compression.ts';
import { decodeContent } from './content.ts';
import { toMessage } from './envelope.ts';
import { toPlain } from './plain-value.ts';

/** One reply, its value not yet looked into. */
export interface ControlReply {
  readonly ticket: string;
  readonly hostname: string;
  readonly value: unknown;
}

/** What a worker knows of a task that it runs or holds. Times are epoch seconds. */
export interface TaskInfo {
  readonly id: string;
  /** The shadow name, where there is one, as in events. */
  readonly name: string | null;
  /** Reprs; null where the worker gives values, which its events would not. */
  readonly args: string | null;
  readonly kwargs: string | null;
  readonly startedAt: number | null;
  readonly exchange: string | null;
  readonly routingKey: string | null;
  /** ISO 8601. */
  readonly eta: string | null;
}

/** What the questions whose answers are read are answered by. */
export interface InspectAnswers {
  ping: 'pong';
  stats: { pid: number | null; uptimeS: number | null };
  active: TaskInfo[];
  reserved: TaskInfo[];
  scheduled: TaskInfo[];
  revoked: string[];
  query_task: { state: 'active' | 'reserved' | 'ready'; task: TaskInfo }[];
}

/** Throws `bad_request` or `not_supported` for a message that is no reply of a worker. */
export function readControlReply(delivery: Pick<Delivery, 'body' | 'envelope'> & Partial<Delivery>): ControlReply {
  const message = decompressNow(toMessage({ routingKey: '', receivedAtMs: 0, tag: 0, ...delivery }));
  const body = toFields(toPlain(decodeContent(message, 'task_serializer').value));
  const { ticket } = message.headers;
  const [hostname, ...others] = Object.keys(body ?? {});
  if (typeof ticket !== 'string' || hostname === undefined || others.length > 0) {
    throw new AppError('bad_request', 'The message is no reply of a worker.');
  }
  return { ticket, hostname, value: body?.[hostname] };
}

/** What a worker says to a command, as it says it, or the error with which it refuses. */
export type ControlAnswer = { ok: true; value: unknown } | { ok: false; error: string };

export function toControlAnswer(value: unknown): ControlAnswer {
  const fields = toFields(value);
  const error = fields?.['error'];
  // A task that is asked after may be called `error`; it does not have a text for its value.
  const isError = typeof error === 'string' && Object.keys(fields ?? {}).length === 1;
  return isError ? { ok: false, error } : { ok: true, value };
}

/** The text of `{"ok": text}`, with which workers acknowledge an order; null for any other answer. */
export function readAcknowledgement(answer: ControlAnswer): string | null {
  return answer.ok ? toText(toFields(answer.value)?.['ok']) : null;
}

/** The answer to `method`, or the error with which the worker refuses. */
export function readAnswer<Method extends keyof InspectAnswers>(
  method: Method,
  value: unknown,
): { ok: true; value: InspectAnswers[Method] } | { ok: false; error: string } {
  const said = toControlAnswer(value);
  if (!said.ok) return said;
  const answer: InspectAnswers[Method] | null = readers[method](value);
  return answer === null
    ? { ok: false, error: 'The answer is not of the form that is known.' }
    : { ok: true, value: answer };
}

const readers: { [Method in keyof InspectAnswers]: (value: unknown) => InspectAnswers[Method] | null } = {
  ping: (value) => (toFields(value)?.['ok'] === 'pong' ? 'pong' : null),
  stats: (value) => {
    const fields = toFields(value);
    return fields && { pid: toNumber(fields['pid']), uptimeS: toNumber(fields['uptime']) };
  },
  active: (value) => readList(value, readTask),
  reserved: (value) => readList(value, readTask),
  scheduled: (value) => readList(value, readScheduled),
  revoked: (value) => readList(value, toText),
  query_task: (value) => {
    const fields = toFields(value);
    return fields && readList(Object.values(fields), readQueried);
  },
};

function readList<Item>(value: unknown, read: (item: unknown) => Item | null): Item[] | null {
  return Array.isArray(value) ? value.map(read).filter((item) => item !== null) : null;
}

/**
 * Only `active` can be asked for reprs. The values that other lists hold are not taken: a sender may have replaced its
 * arguments' repr to keep a secret out of monitors (`argsrepr`), and the values would let it out.
 */
function readTask(value: unknown): TaskInfo | null {
  const fields = toFields(value);
  const id = toText(fields?.['id']);
  if (!fields || id === null) return null;
  const route = toFields(fields['delivery_info']);
  return {
    id,
    name: toText(fields['name']),
    args: toText(fields['args']),
    kwargs: toText(fields['kwargs']),
    startedAt: toNumber(fields['time_start']),
    exchange: toText(route?.['exchange']),
    routingKey: toText(route?.['routing_key']),
    eta: null,
  };
}

function readScheduled(value: unknown): TaskInfo | null {
  const fields = toFields(value);
  const task = readTask(fields?.['request']);
  return task && { ...task, eta: toText(fields?.['eta']) };
}

function readQueried(value: unknown): InspectAnswers['query_task'][number] | null {
  const [state, info] = Array.isArray(value) ? (value as unknown[]) : [];
  const task = readTask(info);
  return task && (state === 'active' || state === 'reserved' || state === 'ready') ? { state, task } : null;
}

function toFields(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

function toText(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function toNumber(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
