/**
 * Builds task messages, protocol 2 (`celery.app.amqp.AMQP.as_task_v2`), and the event that tells of one.
 *
 * In: a task's name, its arguments and checked options. Out: what goes over the wire, as the newest Celery writes it.
 * Where it goes is said by `task-route.ts`. Pure: ids, times and the sender's name are given.
 */
import { deflateSync } from 'node:zlib';
import type { TaskMessage } from '../brokers/open-task-sender.ts';
import type { TaskOptions } from '../contract/publish.ts';
import { AppError } from '../errors.ts';
import { isDeeperThan } from '../python/plain-python.ts';
import { toPythonJson } from '../python/python-json-text.ts';
import { toPythonText, toPythonTupleText } from './python-text.ts';

export interface TaskCall {
  id: string;
  task: string;
  /** Plain values, bigint and `PythonFloat` among them. */
  args: readonly unknown[];
  kwargs: Readonly<Record<string, unknown>>;
  options: TaskOptions;
  /** Headers of ours, beside those that the options ask for. */
  headers?: Readonly<Record<string, string>>;
}

export interface MessageOrigin {
  /** `gen<pid>@<host>`, as that of any client. */
  hostname: string;
  pid: number;
  /** Where results of an `rpc://` backend go; else any id. */
  replyTo: string;
}

/** Deeper, and a worker's JSON reader or a monitor might give up. */
const deepestJson = 100;
/** As JSON; the headers of an AMQP message are one frame, and the message itself has some too. */
const mostHeaderBytes = 8 * 1024;

/**
 * @param now epoch seconds
 * @throws {AppError} `bad_request` for arguments or headers that a worker could not bear
 */
export function toTaskMessage(call: TaskCall, origin: MessageOrigin, now: number): TaskMessage {
  checkDepths(call);
  const { id, options } = call;
  const headers = { ...toHeaders(call, origin, now), ...checkHeaders(options.headers), ...call.headers };
  const { expires, link, link_error: linkError, priority, queue } = options;
  const embed = { callbacks: link ?? null, errbacks: linkError ?? null, chain: null, chord: null };
  const plainBody = Buffer.from(toPythonJson([call.args, call.kwargs, embed]), 'utf8');
  const expiresInS = typeof expires === 'number' || expires === undefined ? expires : expires.at - now;
  return {
    // kombu's "gzip" and "zlib" are one, and a zlib stream.
    body: options.compression ? deflateSync(plainBody) : plainBody,
    headers: options.compression ? { ...headers, compression: 'application/x-gzip' } : headers,
    correlationId: id,
    replyTo: origin.replyTo,
    deliveryMode: options.delivery_mode ?? 2,
    priority: priority ?? (queue === undefined ? 0 : null),
    expiration: expiresInS === undefined ? null : String(Math.max(0, Math.round(expiresInS * 1000))),
  };
}

/** In Celery's order. */
function toHeaders(call: TaskCall, origin: MessageOrigin, now: number): Record<string, unknown> {
  const { id, task, args, kwargs, options } = call;
  const { countdown, eta, expires } = options;
  return {
    lang: 'py',
    task,
    id,
    shadow: options.shadow ?? null,
    eta: countdown ? toIso(now + countdown) : (eta?.iso ?? null),
    expires: typeof expires === 'number' ? toIso(now + expires) : (expires?.iso ?? null),
    group: options.group_id ?? null,
    group_index: null,
    retries: options.retries ?? 0,
    timelimit: [options.time_limit ?? null, options.soft_time_limit ?? null],
    root_id: options.root_id ?? id,
    parent_id: options.parent_id ?? null,
    argsrepr: options.argsrepr ?? toPythonTupleText(args),
    kwargsrepr: options.kwargsrepr ?? toPythonText(kwargs),
    origin: origin.hostname,
    ignore_result: options.ignore_result ?? false,
    replaced_task_nesting: 0,
    stamped_headers: null,
    stamps: {},
  };
}

/** As `datetime.isoformat` in UTC. */
function toIso(at: number): string {
  const micros = Math.round(at * 1e6);
  const seconds = new Date(Math.floor(micros / 1e6) * 1000).toISOString().slice(0, 19);
  const fraction = micros % 1e6;
  return `${seconds}${fraction === 0 ? '' : `.${String(fraction).padStart(6, '0')}`}+00:00`;
}

/** What a worker goes by, and nobody but us may write. */
const ownHeaders = new Set(
  (
    'lang task id shadow eta expires group group_index retries timelimit root_id parent_id argsrepr kwargsrepr origin ' +
    'ignore_result replaced_task_nesting stamped_headers stamps compression redelivered'
  ).split(' '),
);

function checkHeaders(headers: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  const taken = Object.keys(headers).filter((name) => ownHeaders.has(name));
  const refuse = (why: string): never => {
    throw new AppError('bad_request', `headers: ${why}`, [{ path: 'headers', message: why }]);
  };
  if (taken.length > 0) refuse(`${taken.join(', ')} cannot be set here: the message itself has them`);
  const json = JSON.stringify(headers);
  if (Buffer.byteLength(json) > mostHeaderBytes) refuse(`they may have ${mostHeaderBytes} bytes`);
  if (isDeeperThan(headers, 10)) refuse('they are nested more than 10 deep');
  // To the AMQP library a key of this name is a type of its own.
  if (json.includes('"!":')) refuse("a key must not be '!'");
  return headers;
}

function checkDepths({ args, kwargs, options }: TaskCall): void {
  const parts = { args, kwargs, link: options.link, link_error: options.link_error };
  for (const [path, value] of Object.entries(parts)) {
    if (!isDeeperThan(value, deepestJson)) continue;
    const message = `${path} is nested more than ${deepestJson} deep`;
    throw new AppError('bad_request', message, [{ path, message }]);
  }
}

/** Where a message went, for the event that tells of it. */
export interface SentTo {
  queue: string;
  exchange: string;
  routingKey: string;
}

/** `task-sent`, which clients send when `task_send_sent_event` is set. `now`: epoch seconds. */
export function toTaskSentEvent(
  { headers }: Pick<TaskMessage, 'headers'>,
  { queue, exchange, routingKey }: SentTo,
  { hostname, pid }: MessageOrigin,
  { clock, now }: { clock: number; now: number },
): { body: string; headers: Record<string, unknown> } {
  const event = {
    hostname,
    utcoffset: Math.floor(new Date(now * 1000).getTimezoneOffset() / 60),
    pid,
    clock,
    uuid: headers['id'],
    root_id: headers['root_id'],
    parent_id: headers['parent_id'],
    name: headers['task'],
    args: headers['argsrepr'],
    kwargs: headers['kwargsrepr'],
    retries: headers['retries'],
    eta: headers['eta'],
    expires: headers['expires'],
    queue,
    exchange,
    routing_key: routingKey,
    timestamp: now,
    type: 'task-sent',
  };
  return { body: toPythonJson(event), headers: { hostname } };
}
