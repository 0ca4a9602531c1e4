/**
 * Decodes a message's body by its content type, as `kombu.serialization` would.
 *
 * In: a message that is not, or no longer, compressed. Out: the value: JSON in Python's dialect (`python-json.ts`),
 * msgpack, YAML, text or bytes. It never executes anything: pickle, which would, is refused with the setting that
 * avoids it.
 */
import { decode as decodeMsgpack } from '@msgpack/msgpack';
import { parse as parseYaml } from 'yaml';
import { AppError } from '../errors.ts';
import type { Message } from './envelope.ts';
import { readPythonJson, type Decoded } from './python-json.ts';

/** Celery's setting that chose the serializer of a message: named in errors, so that the right one gets changed. */
export type SerializerSetting = 'event_serializer' | 'task_serializer' | 'result_serializer';

/**
 * Throws `not_supported` for pickle, unknown content types and charsets, `bad_request` for a body that is not what its
 * content type says.
 */
export function decodeContent(
  message: Pick<Message, 'body' | 'contentType' | 'contentEncoding'>,
  setting: SerializerSetting,
): Decoded {
  const { body, contentEncoding } = message;
  // As kombu does: without a content type a body is bytes.
  switch (message.contentType ?? 'application/data') {
    case 'application/json':
      return readPythonJson(toText(body, contentEncoding));
    case 'application/x-msgpack':
    case 'application/msgpack':
      return { value: readMsgpack(body), isPlain: false };
    case 'application/x-yaml':
    case 'application/yaml':
      return { value: readYaml(toText(body, contentEncoding)), isPlain: false };
    case 'text/plain':
      return { value: toText(body, contentEncoding), isPlain: false };
    case 'application/data':
      return { value: body, isPlain: false };
    case 'application/x-python-serialize':
      throw refusePickle(setting);
    default:
      throw refuseType(message.contentType, setting);
  }
}

function refusePickle(setting: SerializerSetting): AppError {
  const fix = `Set ${setting} = 'json' in the Celery app that sends it.`;
  return new AppError('not_supported', `The body is pickled, and reading pickle can run code. ${fix}`);
}

function refuseType(contentType: string | null, setting: SerializerSetting): AppError {
  const shown = String(contentType).slice(0, 80);
  const accepted = 'application/json, application/x-msgpack, application/x-yaml, text/plain, application/data';
  return new AppError('not_supported', `Unknown content type '${shown}' (${setting}). Accepted: ${accepted}.`);
}

/** Charsets that the decoder of UTF-8 reads. `binary` with a text format is kombu's name for "not said". */
const utf8Names: ReadonlySet<string | null> = new Set([null, '', 'utf-8', 'utf8', 'us-ascii', 'ascii', 'binary']);

function toText(body: string | Uint8Array, charset: string | null): string {
  if (typeof body === 'string') return body;
  if (Buffer.isBuffer(body) && charset === 'utf-8') return body.toString('utf8');
  if (utf8Names.has(charset?.toLowerCase() ?? null)) return asBuffer(body).toString('utf8');
  try {
    return new TextDecoder(charset ?? undefined).decode(body);
  } catch (error) {
    const shown = String(charset).slice(0, 80);
    throw new AppError('not_supported', `Unknown content encoding '${shown}'. Accepted: utf-8.`, undefined, {
      cause: error,
    });
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function readMsgpack(body: string | Uint8Array): unknown {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
  // Nothing is longer than what it came in: a short body cannot claim a long array.
  const most = bytes.length;
  const limits = {
    maxArrayLength: most,
    maxMapLength: most,
    maxStrLength: most,
    maxBinLength: most,
    maxExtLength: most,
  };
  try {
    return toExactNumbers(decodeMsgpack(bytes, { useBigInt64: true, ...limits }));
  } catch (error) {
    throw new AppError('bad_request', `The body is no msgpack: ${reasonOf(error)}`, undefined, { cause: error });
  }
}

function readYaml(text: string): unknown {
  try {
    // The core schema runs nothing and leaves dates as text; 100 aliases are its bound against bombs.
    return toExactNumbers(
      parseYaml(text, { schema: 'core', customTags: ['binary', 'set'], intAsBigInt: true, logLevel: 'error' }),
    );
  } catch (error) {
    throw new AppError('bad_request', `The body is no YAML: ${reasonOf(error)}`, undefined, { cause: error });
  }
}

/** Integers read as bigint become numbers where that loses nothing, as in JSON. */
function toExactNumbers(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (Array.isArray(value)) return value.map(toExactNumbers);
  if (value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value as object).map(([key, field]) => [key, toExactNumbers(field)]));
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? '').slice(0, 200) : 'unreadable';
}
