import type { FileHandle } from 'node:fs/promises';
import { deserialize, serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import type { StreamMessage } from './messages.ts';

/**
 * How messages stand in a file of the spool: length and CRC-32 of what follows, four bytes each, little endian; then the
 * entry in V8's own form, which later versions of Node still read. Whatever a crash tears off, or a disk changes, fails
 * the checksum: it and all that follows it in the file count as not there.
 */

/** A message and the broker it is about, by masked URL: places in the list of brokers change from run to run. */
export interface SpoolEntry {
  /** null: it is about all of them. */
  url: string | null;
  message: StreamMessage;
}

const headBytes = 8;
/** Read at a time; a single record may be longer. */
const chunkBytes = 1024 * 1024;

/** @throws what V8 throws for values that cannot be copied */
export function toRecord(entry: SpoolEntry): Buffer {
  const body = serialize(entry);
  const head = Buffer.allocUnsafe(headBytes);
  head.writeUInt32LE(body.length, 0);
  head.writeUInt32LE(crc32(body), 4);
  return Buffer.concat([head, body]);
}

export interface RecordsRead {
  entries: SpoolEntry[];
  /** Where the next record begins. */
  next: number;
  /** The file is of no use from `next` on. */
  isTorn: boolean;
}

/** Some whole records of a file, from `at` on; none only when it is torn there. `end`: how far the file goes. */
export async function readRecords(file: FileHandle, at: number, end: number): Promise<RecordsRead> {
  for (let length = Math.min(chunkBytes, end - at); ;) {
    const bytes = await readBytes(file, at, length);
    const { entries, used, needed } = split(bytes);
    if (entries.length > 0) return { entries, next: at + used, isTorn: false };
    if (needed === null || needed > end - at || bytes.length < length) return { entries, next: at, isTorn: true };
    length = needed;
  }
}

/** `needed`: how many bytes the first record takes that is not whole; null: it is broken. */
function split(bytes: Buffer): { entries: SpoolEntry[]; used: number; needed: number | null } {
  const entries: SpoolEntry[] = [];
  let used = 0;
  for (;;) {
    if (bytes.length - used < headBytes) return { entries, used, needed: used + headBytes };
    const end = used + headBytes + bytes.readUInt32LE(used);
    if (end > bytes.length) return { entries, used, needed: end };
    const entry = readEntry(bytes.subarray(used + headBytes, end), bytes.readUInt32LE(used + 4));
    if (entry === null) return { entries, used, needed: null };
    entries.push(entry);
    used = end;
  }
}

function readEntry(body: Buffer, checksum: number): SpoolEntry | null {
  if (crc32(body) !== checksum) return null;
  try {
    return deserialize(body) as SpoolEntry;
  } catch {
    return null;
  }
}

async function readBytes(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await file.read(bytes, read, length - read, at + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return bytes.subarray(0, read);
}
