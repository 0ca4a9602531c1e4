/**
 * Undoes kombu's message compression (`kombu.compression`), named by the header `compression`.
 *
 * In: a {@link Message} as it came out of its envelope. Out: the same message with a plain body; a message that was
 * never compressed comes back as it is, at once. It never gives out more than the limit: a body that would grow beyond
 * it is refused while it grows. Celery itself compresses neither events nor control messages, only task messages.
 */
import { ReadableStream } from 'node:stream/web';
import { brotliDecompressSync, unzipSync } from 'node:zlib';
import { decompress as unzstdInto } from 'fzstd';
import bunzip from 'seek-bzip';
import xz from 'xz-decompress';
import { AppError } from '../errors.ts';
import { BoundedBytes, OverLimit } from './bounded-bytes.ts';
import type { Message } from './envelope.ts';

/** How large a body may get unless told otherwise: 64 MiB. */
const maxBodyBytes = 64 * 1024 * 1024;

/**
 * Decompresses at once with any of kombu's methods but lzma, whose decoder answers later.
 * Throws `not_supported` (lzma, unknown method), `too_large`, `bad_request` (damaged data).
 */
export function decompressNow(message: Message, maxBytes: number = maxBodyBytes): Message {
  const method = compressionOf(message);
  if (method === null) return message;
  if (method === 'lzma') {
    throw new AppError(
      'not_supported',
      'The body is compressed with lzma, which is not read here. Accepted: gzip, bz2, zstd, brotli.',
    );
  }
  try {
    return withBody(message, decoders[method](toBytes(message.body), maxBytes));
  } catch (error) {
    throw toAppError(method, maxBytes, error);
  }
}

/** Decompresses with any of kombu's methods. Rejects as {@link decompressNow} throws. */
export async function decompress(message: Message, maxBytes: number = maxBodyBytes): Promise<Message> {
  if (compressionOf(message) !== 'lzma') return decompressNow(message, maxBytes);
  try {
    return withBody(message, await unxz(toBytes(message.body), maxBytes));
  } catch (error) {
    throw toAppError('lzma', maxBytes, error);
  }
}

type Method = 'gzip' | 'bz2' | 'lzma' | 'zstd' | 'brotli';

/** kombu's content types and their aliases. Its "gzip" is a zlib stream. */
const methods = new Map<unknown, Method>([
  ['application/x-gzip', 'gzip'],
  ['gzip', 'gzip'],
  ['zlib', 'gzip'],
  ['application/x-bz2', 'bz2'],
  ['bzip2', 'bz2'],
  ['bzip', 'bz2'],
  ['application/x-lzma', 'lzma'],
  ['lzma', 'lzma'],
  ['xz', 'lzma'],
  ['application/zstd', 'zstd'],
  ['zstd', 'zstd'],
  ['zstandard', 'zstd'],
  ['application/x-brotli', 'brotli'],
  ['brotli', 'brotli'],
]);

const decoders: Record<Exclude<Method, 'lzma'>, (body: Uint8Array, maxBytes: number) => Uint8Array> = {
  // Tells zlib streams and gzip files apart by their first bytes.
  gzip: (body, maxBytes) => unzipSync(body, { maxOutputLength: maxBytes }),
  brotli: (body, maxBytes) => brotliDecompressSync(body, { maxOutputLength: maxBytes }),
  bz2: unbzip2,
  zstd: unzstd,
};

function compressionOf(message: Message): Method | null {
  const name = message.headers.compression;
  if (name === undefined || name === null || name === '') return null;
  const method = methods.get(name);
  if (method !== undefined) return method;
  const shown = typeof name === 'string' ? `'${name.slice(0, 80)}'` : typeof name;
  throw new AppError('not_supported', `Unknown compression ${shown}. Accepted: gzip, bz2, lzma, zstd, brotli.`);
}

function withBody(message: Message, body: Uint8Array): Message {
  const { compression: _, ...headers } = message.headers;
  return { ...message, body, headers };
}

function toBytes(body: string | Uint8Array): Uint8Array {
  // Not all decoders mind nothing at all.
  if (body.length === 0) throw new Error('nothing to decompress');
  return typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
}

function unbzip2(body: Uint8Array, maxBytes: number): Uint8Array {
  const output = new BoundedBytes(maxBytes);
  bunzip.decode(body, output);
  return output.toBytes();
}

async function unxz(body: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  const input = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(body);
      controller.close();
    },
  });
  const output = new BoundedBytes(maxBytes);
  const reader = new xz.XzReadableStream(input).getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) output.write(next.value);
  return output.toBytes();
}

/**
 * Like kombu's own reader, wants the size in the frame's head. Decoding into a buffer of that size also keeps fzstd
 * from making a window of the size the sender claims, up to 2 GB.
 */
function unzstd(body: Uint8Array, maxBytes: number): Uint8Array {
  const sizeBytes = readZstdSize(body);
  if (sizeBytes > maxBytes) throw new OverLimit();
  return unzstdInto(body, new Uint8Array(sizeBytes));
}

/** The frame content size of RFC 8878, section 3.1.1.1. */
function readZstdSize(frame: Uint8Array): number {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (view.getUint32(0, true) !== 0xfd2fb528) throw new Error('no zstd frame');
  const descriptor = view.getUint8(4);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const at = 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes;
  switch (descriptor >> 6) {
    case 0:
      if (!isSingleSegment) throw new Error('the zstd frame does not tell its size');
      return view.getUint8(at);
    case 1:
      return view.getUint16(at, true) + 256;
    case 2:
      return view.getUint32(at, true);
    default:
      return Number(view.getBigUint64(at, true));
  }
}

function toAppError(method: Method, maxBytes: number, error: unknown): AppError {
  const isTooLarge =
    error instanceof OverLimit || (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE');
  if (isTooLarge) {
    return new AppError(
      'too_large',
      `The body, compressed with ${method}, grows beyond ${maxBytes} bytes.`,
      undefined,
      { cause: error },
    );
  }
  return new AppError('bad_request', `The body cannot be decompressed as ${method}.`, undefined, { cause: error });
}
