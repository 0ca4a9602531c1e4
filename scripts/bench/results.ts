import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { format, resolveConfig } from 'prettier';

/** Where a figure was measured: without it no two of them can be compared. */
export interface Machine {
  date: string;
  /** The commit, with `+` when files were changed since. */
  commit: string | null;
  cpu: string;
  cores: number;
  memory_gb: number;
  system: string;
  node: string;
}

export function describeMachine(): Machine {
  return {
    date: new Date().toISOString(),
    commit: readCommit(),
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memory_gb: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()} ${process.arch}`,
    node: process.versions.node,
  };
}

function readCommit(): string | null {
  try {
    const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8', stdio: 'pipe' }).trim();
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--untracked-files=no') ? '+' : '');
  } catch {
    return null;
  }
}

/** Appends a run to `bench/results/<bench>.json`, in the form that all files of the project have; returns its path. */
export async function recordResult(bench: string, result: object): Promise<string> {
  const path = join(import.meta.dirname, '../../bench/results', `${bench}.json`);
  mkdirSync(dirname(path), { recursive: true });
  const before = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as unknown[]) : [];
  const runs = JSON.stringify([...before, { machine: describeMachine(), ...result }], null, 2);
  writeFileSync(path, await format(runs, { ...(await resolveConfig(path)), filepath: path }));
  return path;
}
