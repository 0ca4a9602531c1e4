import type { FileHandle } from 'node:fs/promises';
import { deserialize, serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import type { StreamMessage } from './messages.ts';
import { noBytes } from './parcel.ts';

/**
 * How messages stand in a file of the spool: two lengths and the CRC-32 of what follows, four bytes each, little endian;
 * then the entry in V8's own form, which later versions of Node still read, and the content of its parcel, which so is
 * written from where it lies and read to where it goes. Whatever a crash tears off, or a disk changes, fails
 * the checksum: it and all that follows it in the file count as not there.
 */

/** A message and the broker it is about, by masked URL: places in the list of brokers change from run to run. */
export interface SpoolEntry {
  /** null: it is about all of them. */
  url: string | null;
  message: StreamMessage;
}

const headBytes = 12;
/** Read at a time; a single record may be longer. */
export const chunkBytes = 1024 * 1024;

/**
 * The parts of a record, one after the other; the last may be a parcel's own memory.
 * @throws what V8 throws for values that cannot be copied
 */
export function toRecord(entry: SpoolEntry): Uint8Array[] {
  const { message } = entry;
  const content = message.kind === 'parcel' ? message.parcel.content : noBytes;
  const body = serialize(withContent(entry, noBytes));
  const head = Buffer.allocUnsafe(headBytes);
  head.writeUInt32LE(body.length, 0);
  head.writeUInt32LE(content.length, 4);
  head.writeUInt32LE(toChecksum(body, content), 8);
  return [head, body, content];
}

function toChecksum(body: Uint8Array, content: Uint8Array): number {
  // Of memory that has no place, zlib says zero.
  return content.length === 0 ? crc32(body) : crc32(content, crc32(body));
}

function withContent(entry: SpoolEntry, content: Uint8Array<ArrayBuffer>): SpoolEntry {
  const { url, message } = entry;
  return message.kind === 'parcel' ? { url, message: { ...message, parcel: { ...message.parcel, content } } } : entry;
}

export interface RecordsRead {
  entries: SpoolEntry[];
  /** Where the next record begins. */
  next: number;
  /** The file is of no use from `next` on. */
  isTorn: boolean;
}

/**
 * Some whole records of a file, from `at` on; none only when it is torn there. `end`: how far the file goes. `chunk`: of
 * {@link chunkBytes}; the contents of the parcels are parts of it until it is used again.
 */
export async function readRecords(
  file: FileHandle,
  at: number,
  end: number,
  chunk: Buffer<ArrayBuffer>,
): Promise<RecordsRead> {
  for (let length = Math.min(chunk.length, end - at); ;) {
    const bytes = await readBytes(file, at, length <= chunk.length ? chunk.subarray(0, length) : Buffer.alloc(length));
    const { entries, used, needed } = split(bytes);
    if (entries.length > 0) return { entries, next: at + used, isTorn: false };
    if (needed === null || needed > end - at || bytes.length < length) return { entries, next: at, isTorn: true };
    length = needed;
  }
}

/** `needed`: how many bytes the first record takes that is not whole; null: it is broken. */
function split(bytes: Buffer<ArrayBuffer>): { entries: SpoolEntry[]; used: number; needed: number | null } {
  const entries: SpoolEntry[] = [];
  let used = 0;
  for (;;) {
    if (bytes.length - used < headBytes) return { entries, used, needed: used + headBytes };
    const contentAt = used + headBytes + bytes.readUInt32LE(used);
    const end = contentAt + bytes.readUInt32LE(used + 4);
    if (end > bytes.length) return { entries, used, needed: end };
    const body = bytes.subarray(used + headBytes, contentAt);
    const entry = readEntry(body, bytes.subarray(contentAt, end), bytes.readUInt32LE(used + 8));
    if (entry === null) return { entries, used, needed: null };
    entries.push(entry);
    used = end;
  }
}

function readEntry(body: Buffer, content: Buffer<ArrayBuffer>, checksum: number): SpoolEntry | null {
  if (toChecksum(body, content) !== checksum) return null;
  try {
    return withContent(deserialize(body) as SpoolEntry, content);
  } catch {
    return null;
  }
}

/** Fills `bytes` as far as the file goes. */
async function readBytes(file: FileHandle, at: number, bytes: Buffer<ArrayBuffer>): Promise<Buffer<ArrayBuffer>> {
  let read = 0;
  while (read < bytes.length) {
    const { bytesRead } = await file.read(bytes, read, bytes.length - read, at + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return bytes.subarray(0, read);
}
