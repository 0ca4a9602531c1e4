/**
 * In: lines. Out: a file of them, put aside by size as Python's RotatingFileHandler does it: `h.log` becomes `h.log.1`,
 * that `h.log.2`, and the last one goes. A write that fails is said once and tried again with the next line, so that a
 * log goes on by itself when the disk has room again; the packages that do this end for good at their first error.
 */
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export interface LogFileOptions {
  readonly path: string;
  /** A line that would make the file longer than this, in bytes, begins a new one. */
  readonly maxBytes: number;
  /** How many that were put aside are kept; with 0 the file grows without end. */
  readonly backups: number;
}

export interface LogFile {
  /** Written when it returns, so that a crash loses nothing that was logged before it. */
  write(line: string): void;
  close(): void;
}

/** Opens at the first line. `onError` is called when lines begin to be lost, with why. */
export function openLogFile({ path, maxBytes, backups }: LogFileOptions, onError: (reason: string) => void): LogFile {
  let open: { fd: number; size: number } | undefined;
  let isFailing = false;

  const close = () => {
    if (open !== undefined) closeSync(open.fd);
    open = undefined;
  };
  const reopen = () => {
    mkdirSync(dirname(path), { recursive: true });
    const fd = openSync(path, 'a');
    return { fd, size: fstatSync(fd).size };
  };
  const append = (bytes: Buffer) => {
    open ??= reopen();
    if (backups > 0 && open.size > 0 && open.size + bytes.length > maxBytes) {
      close();
      putAside(path, backups);
      open = reopen();
    }
    writeSync(open.fd, bytes);
    open.size += bytes.length;
  };

  return {
    close,
    write(line) {
      try {
        append(Buffer.from(line));
        isFailing = false;
      } catch (error) {
        if (!isFailing) onError((error as Error).message);
        isFailing = true;
      }
    },
  };
}

function putAside(path: string, backups: number): void {
  for (let number = backups; number > 0; number--) {
    const from = number === 1 ? path : `${path}.${number - 1}`;
    if (existsSync(from)) renameSync(from, `${path}.${number}`);
  }
}
