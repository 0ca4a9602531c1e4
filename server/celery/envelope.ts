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
  const properties = isFields(envelope.properties) ? envelope.properties : noFields;
  const route = isFields(properties.delivery_info) ? properties.delivery_info : noFields;
  if (typeof body !== 'string') throw notAnEnvelope('its `body` is no string');
  return {
    body: decodeBody(body, properties.body_encoding),
    contentType: toName(envelope['content-type']),
    contentEncoding: toName(envelope['content-encoding']),
    headers: isFields(headers) ? headers : noFields,
    exchange: toName(route.exchange),
    routingKey: toName(route.routing_key) ?? routingKey,
    properties,
  };
}

type Fields = Readonly<Record<string, unknown>>;

const noFields: Fields = Object.freeze({});

function parseEnvelope(text: string): Fields {
  let envelope: unknown;
  try {
    envelope = JSON.parse(text);
  } catch (error) {
    throw notAnEnvelope('it is no JSON', error);
  }
  if (!isFields(envelope)) throw notAnEnvelope('it is no JSON object');
  return envelope;
}

/** `base64` is kombu's default; `utf-8` (transport option `body_encoding`), null and nothing mean plain text. */
function decodeBody(body: string, encoding: unknown): string | Uint8Array {
  if (encoding === 'base64') return Buffer.from(body, 'base64');
  if (encoding === 'utf-8' || encoding === null || encoding === undefined) return body;
  throw notAnEnvelope('its `body_encoding` is neither base64 nor utf-8');
}

function notAnEnvelope(why: string, cause?: unknown): AppError {
  return new AppError('bad_request', `The message is not in kombu's envelope: ${why}.`, undefined, { cause });
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function toName(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function toUtf8(body: string | Uint8Array): string {
  if (typeof body === 'string') return body;
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
}
