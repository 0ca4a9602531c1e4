/**
 * Takes kombu's envelope off a message.
 *
 * In: a {@link Delivery}, or the JSON text that kombu's Redis transport puts around everything it sends
 * (`kombu.transport.virtual`). Out: a {@link Message}, the same whichever broker brought it. It never looks into the
 * body: see `compression.ts`, then `content.ts`.
 */
import type { Delivery } from '../brokers/broker.ts';
import { AppError } from '../errors.ts';

/** One kombu message. `body` is serialised and, when `headers.compression` is set, compressed. */
export interface Message {
  readonly body: string | Uint8Array;
  readonly contentType: string | null;
  /** A charset, or `binary`. */
  readonly contentEncoding: string | null;
  readonly headers: Readonly<Record<string, unknown>>;
  /** Null when the broker did not say. */
  readonly exchange: string | null;
  readonly routingKey: string;
  /** Redis only: `correlation_id`, `reply_to`, `priority`, `delivery_tag`…, by kombu's names. Empty on RabbitMQ. */
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Throws `bad_request` when what should be an envelope is none. */
export function toMessage(delivery: Delivery): Message {
  if (delivery.envelope) return readEnvelope(toUtf8(delivery.body), delivery.routingKey);
  return {
    body: delivery.body,
    contentType: delivery.contentType ?? null,
    contentEncoding: delivery.contentEncoding ?? null,
    headers: delivery.headers ?? noFields,
    exchange: null,
    routingKey: delivery.routingKey,
    properties: noFields,
  };
}

/**
 * Reads the envelope of kombu's Redis transport: from a channel, a queue's list or a reply list.
 * `routingKey` stands in when the envelope names none. Throws `bad_request`.
 */
export function readEnvelope(text: string, routingKey = ''): Message {
  const envelope = parseEnvelope(text);
  const { body, headers } = envelope;
  const contentEncoding = toName(envelope['content-encoding']);
  const properties = isFields(envelope.properties) ? envelope.properties : noFields;
  const route = isFields(properties.delivery_info) ? properties.delivery_info : noFields;
  if (typeof body !== 'string') throw notAnEnvelope('its `body` is no string');
  return {
    body: decodeBody(body, properties.body_encoding, contentEncoding),
    contentType: toName(envelope['content-type']),
    contentEncoding,
    headers: isFields(headers) ? headers : noFields,
    exchange: toName(route.exchange),
    routingKey: toName(route.routing_key) ?? routingKey,
    properties,
  };
}

type Fields = Readonly<Record<string, unknown>>;

const noFields: Fields = Object.freeze({});

/** How kombu begins. */
const beginning = '{"body": "';

/**
 * The body is nine tenths of the text and, in base64, nothing JSON would change: it is cut out, and the rest parsed.
 * 0.9 µs an event becomes 0.3. Any other text is parsed as a whole.
 */
function parseEnvelope(text: string): Fields {
  const bodyEnd = text.startsWith(beginning) ? text.indexOf('"', beginning.length) : -1;
  if (bodyEnd === -1) return parseFields(text);
  const body = text.slice(beginning.length, bodyEnd);
  if (body.includes('\\')) return parseFields(text);
  const envelope = parseFields(`{"body":"${text.slice(bodyEnd)}`);
  // Of two with that name the last one counts.
  if (envelope.body === '') envelope.body = body;
  return envelope;
}

function parseFields(text: string): Record<string, unknown> {
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch (error) {
    throw notAnEnvelope('it is no JSON', error);
  }
  if (!isFields(fields)) throw notAnEnvelope('it is no JSON object');
  return fields;
}

/** `base64` is kombu's default; `utf-8` (transport option `body_encoding`), null and nothing mean plain text. */
function decodeBody(body: string, encoding: unknown, charset: string | null): string | Uint8Array {
  if (encoding === 'base64') return (charset === 'utf-8' ? decodeAscii(body) : null) ?? Buffer.from(body, 'base64');
  if (encoding === 'utf-8' || encoding === null || encoding === undefined) return body;
  throw notAnEnvelope('its `body_encoding` is neither base64 nor utf-8');
}

/**
 * Python's JSON is ASCII, unless told otherwise, and `atob` gives it as a string at once: 0.05 µs an event, where a
 * buffer and its decoding take 0.27. Null when the bytes are no ASCII, or not cleanly base64.
 */
function decodeAscii(body: string): string | null {
  try {
    const text = atob(body);
    return Buffer.byteLength(text, 'utf8') === text.length ? text : null;
  } catch {
    return null;
  }
}

function notAnEnvelope(why: string, cause?: unknown): AppError {
  return new AppError('bad_request', `The message is not in kombu's envelope: ${why}.`, undefined, { cause });
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function toName(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function toUtf8(body: string | Uint8Array): string {
  if (typeof body === 'string') return body;
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
}
