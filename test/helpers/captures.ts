/**
 * Recordings of real Celery clusters: what went over the wire, and what Celery itself made of it. They lie in
 * `test/fixtures/celery/`, plain or gzipped, under the name they were recorded with.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { Delivery } from '../../server/brokers/broker.ts';

const folder = new URL('../fixtures/celery/', import.meta.url);

/** One recorded line: `i` is its number, `t` the Unix time of recording; the rest depends on the recording. */
export interface CaptureLine {
  readonly i: number;
  readonly t: number;
  readonly [field: string]: unknown;
}

/** The text of a recording, by its file name without `.gz`: `events-redis-5.6.3.jsonl`. */
function readRecordedText(fileName: string): string {
  const plain = new URL(fileName, folder);
  if (existsSync(plain)) return readFileSync(plain, 'utf8');
  const gzipped = new URL(`${fileName}.gz`, folder);
  if (existsSync(gzipped)) return gunzipSync(readFileSync(gzipped)).toString('utf8');
  throw new Error(`No recording ${fileName}, plain or gzipped, in ${fileURLToPath(folder)}`);
}

/** The lines of a `.jsonl` recording, by its name without ending: `readCapture('events-redis-5.6.3')`. */
export function readCapture<Line extends CaptureLine = CaptureLine>(name: string): Line[] {
  return readRecordedText(`${name}.jsonl`)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => parseLine(line) as Line);
}

/** Some lines hold a bare `Infinity`, as Python's json module writes it. */
function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return JSON.parse(line.replace(/:Infinity/g, ':1e999'));
  }
}

interface RedisLine extends CaptureLine {
  readonly data: string;
  readonly channel?: string;
}

interface AmqpLine extends CaptureLine {
  readonly routing_key: string;
  readonly properties: { readonly content_type?: string; readonly content_encoding?: string };
  readonly headers: Record<string, unknown>;
  readonly body?: string;
  readonly body_b64?: string;
}

/** Whether a line is a message, as it went over the wire of either broker. */
export function isMessageLine(line: CaptureLine): boolean {
  return typeof line.data === 'string' || 'properties' in line;
}

/** A recorded message as the brokers room would hand it over. */
export function toDelivery(line: CaptureLine): Delivery {
  const arrival = { receivedAtMs: line.t * 1000, tag: line.i };
  if (typeof line.data === 'string') {
    const { data, channel = '' } = line as RedisLine;
    return { body: data, envelope: true, routingKey: channel.split('/')[2] ?? '', ...arrival };
  }
  const { properties, headers, routing_key, body, body_b64 } = line as AmqpLine;
  return {
    body: body ?? Buffer.from(body_b64 ?? '', 'base64'),
    envelope: false,
    contentType: properties.content_type,
    contentEncoding: properties.content_encoding,
    headers,
    routingKey: routing_key,
    ...arrival,
  };
}

/** A `.json` recording, by its name without ending: `readRecordedJson('state-redis-5.6.3')`. */
export function readRecordedJson(name: string): unknown {
  return JSON.parse(readRecordedText(`${name}.json`));
}
