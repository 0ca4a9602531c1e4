import { mkdir, open, readdir, rename, stat, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import { lockFolder } from '../folder-lock.ts';
import { chunkBytes, readRecords, type SpoolEntry } from './spool-record.ts';

/**
 * The files of a spool's folder: their names, their order, and whose they are. A file is called by its place in the order
 * and by how many messages it holds, `5000000007-2500.spool`; the one that is written to, by `open`.
 */

export interface SpoolFile {
  readonly index: number;
  path: string;
  /** Whole records; what comes after them was never finished. */
  bytes: number;
  /** Messages of the broker in it. */
  messages: number;
  /** Settles when it has its last name. */
  naming?: Promise<void>;
}

/** The first index: what has to come before the first file finds place below it. */
const firstIndex = 5_000_000_000;

export function toNextIndex(files: readonly SpoolFile[]): number {
  return (files.at(-1)?.index ?? firstIndex - 1) + 1;
}

export function toFile(folder: string, index: number): SpoolFile {
  return { index, path: join(folder, `${index}-open.spool`), bytes: 0, messages: 0 };
}

/** Gives a file that is complete the name that says so. */
export function nameComplete(folder: string, file: SpoolFile): Promise<void> {
  const path = join(folder, `${file.index}-${file.messages}.spool`);
  file.naming = rename(file.path, path).then(
    () => void (file.path = path),
    () => undefined,
  );
  return file.naming;
}

/** Opens a file that may be given its last name at this very moment. */
export async function openToRead(file: SpoolFile): Promise<FileHandle> {
  try {
    return await open(file.path, 'r');
  } catch (error) {
    if (file.naming === undefined) throw error;
    await file.naming;
    return open(file.path, 'r');
  }
}

export async function removeFile(file: SpoolFile): Promise<void> {
  await file.naming;
  await unlink(file.path).catch(() => undefined);
}

/** A folder that is ours, and what earlier runs left in it. */
export interface SpoolFolder {
  readonly path: string;
  /** In order. */
  readonly files: SpoolFile[];
  /** The very last thing in them. */
  readonly last: SpoolEntry | null;
  /** Leaves it to others. */
  release(): void;
}

/**
 * Makes the folder, for its owner alone, takes it for this process until it is released or the process ends in whatever
 * way, and looks what is in it.
 * @throws {AppError} `bad_config` when another process has it, or the disk refuses
 */
export async function openSpoolFolder(path: string): Promise<SpoolFolder> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const release = lock(path);
    try {
      return { path, ...(await listFiles(path)), release };
    } catch (error) {
      release();
      throw error;
    }
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('bad_config', `The spool in ${path} cannot be used: ${String(cause)}`, undefined, { cause });
  }
}

async function listFiles(folder: string): Promise<Pick<SpoolFolder, 'files' | 'last'>> {
  const files: SpoolFile[] = [];
  for (const name of await readdir(folder)) {
    const match = /^(\d{10})-(\d+|open)\.spool$/.exec(name);
    if (match === null) continue;
    const path = join(folder, name);
    const { size } = await stat(path);
    files.push({ index: Number(match[1]), path, bytes: size, messages: match[2] === 'open' ? NaN : Number(match[2]) });
  }
  files.sort((a, b) => a.index - b.index);
  let last: SpoolEntry | null = null;
  for (const file of files) {
    if (file !== files.at(-1) && !Number.isNaN(file.messages)) continue;
    const found = await scan(file);
    Object.assign(file, { messages: found.messages, bytes: found.bytes });
    last = found.last ?? last;
  }
  return { files, last };
}

async function scan(file: SpoolFile): Promise<{ messages: number; bytes: number; last: SpoolEntry | null }> {
  const handle = await open(file.path, 'r');
  try {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    const found = { messages: 0, bytes: 0, last: null as SpoolEntry | null };
    while (found.bytes < file.bytes) {
      const { entries, next, isTorn } = await readRecords(handle, found.bytes, file.bytes, chunk);
      for (const entry of entries) found.messages += countMessages(entry);
      found.last = entries.at(-1) ?? found.last;
      found.bytes = next;
      if (isTorn) break;
    }
    return found;
  } finally {
    await handle.close();
  }
}

export function countMessages({ message }: SpoolEntry): number {
  return message.kind === 'parcel' ? message.parcel.ends.length : 0;
}

function lock(folder: string): () => void {
  const refusal = `Another process uses the spool in ${folder}: choose another folder with --spool.`;
  return lockFolder(folder, new AppError('bad_config', refusal));
}
