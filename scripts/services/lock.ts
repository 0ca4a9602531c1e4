import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isAlive, type Process } from './processes.ts';

/** Does `work` while no other process does any under this lock file. The lock of a killed process is broken. */
export async function withLock<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  mkdirSync(dirname(path), { recursive: true });
  while (!take(path)) await sleep(100);
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function take(path: string): boolean {
  try {
    writeFileSync(path, JSON.stringify(identify(process.pid)), { flag: 'wx' });
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const holder = readHolder(path);
  if (holder && !isAlive(holder)) rmSync(path, { force: true });
  return false;
}

function readHolder(path: string): Process | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Process;
  } catch {
    return undefined; // Just released, or just being written.
  }
}
