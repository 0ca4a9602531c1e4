/** A disk that is soon full, and may be made larger. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** What a store lies on, and how a program has to be started that is to feel its bound. */
export interface SmallDisk {
  readonly folder: string;
  readonly under: string[];
  /** What SQLite says when it meets the bound. */
  readonly says: RegExp;
  enlarge(pid: number): void;
}

/** Where we may mount: a file system in memory, of so many bytes for all files together. Only root may. */
function mountSmallDisk(bytes: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'herbarium-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder], { stdio: 'pipe' });
  onTestFinished(() => {
    execFileSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    folder,
    under: [],
    says: /full/,
    enlarge: () => execFileSync('mount', ['-o', 'remount,size=1g', folder]),
  };
}

/** Everywhere: a process that may write no file longer than this, and is told so by an error, not by a signal. */
export function useFileSizeLimit(bytes: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'herbarium-disk-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return {
    folder,
    under: ['sh', '-c', `trap '' XFSZ; exec prlimit --fsize=${bytes}:unlimited -- "$@"`, 'sh'],
    says: /disk I\/O error/,
    enlarge: (pid) => execFileSync('prlimit', ['--pid', String(pid), '--fsize=unlimited:unlimited']),
  };
}

/** A full file system where we are allowed to make one, else a limit for each file. */
export function useSmallDisk({ bytes, fileBytes }: { bytes: number; fileBytes: number }): SmallDisk {
  try {
    return mountSmallDisk(bytes);
  } catch {
    return useFileSizeLimit(fileBytes);
  }
}
