import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, readLogEnd, type Process } from '../services/processes.ts';
import type { Command } from './worker.ts';

/** One program of the demo. */
export interface Child {
  name: string;
  logPath: string;
}

export interface Children {
  /** Starts a program in a group of its own, so that a Ctrl-C in the terminal reaches it through `stop` only. */
  start: (name: string, command: Command) => Child;
  /** Rejects, with the end of its log, as soon as one of the programs ends by itself. */
  failed: Promise<never>;
  /** Asks all to end, and kills those that take longer than `graceMs`. */
  stop: (graceMs: number) => Promise<void>;
}

/** The programs of a demo, whose logs are in `folder`. `onStart` gets each as it starts. */
export function openChildren(folder: string, onStart: (process: Process) => void): Children {
  const running = new Map<string, ChildProcess>();
  let isStopping = false;
  let fail: (error: Error) => void;
  const failed = new Promise<never>((_, reject) => (fail = reject));
  failed.catch(() => undefined); // It may be raced later, or never.

  const start = (name: string, { command, args, env }: Command): Child => {
    mkdirSync(folder, { recursive: true });
    const logPath = join(folder, `${name}.log`);
    const log = openSync(logPath, 'a');
    const child = spawn(command, args, { env, detached: true, stdio: ['ignore', log, log] });
    closeSync(log);
    running.set(name, child);
    if (child.pid !== undefined) onStart(identify(child.pid));
    child.once('error', (error) => fail(new Error(`${name} could not be started: ${error.message}`)));
    child.once('exit', (code, signal) => {
      running.delete(name);
      if (!isStopping) fail(new Error(toEndMessage(name, code, signal, logPath)));
    });
    return { name, logPath };
  };

  const stop = async (graceMs: number): Promise<void> => {
    isStopping = true;
    for (const child of running.values()) child.kill('SIGTERM');
    const until = performance.now() + graceMs;
    while (running.size > 0 && performance.now() < until) await sleep(20);
    for (const child of running.values()) child.kill('SIGKILL');
  };
  return { start, failed, stop };
}

/** What is said of a program that ended by itself. */
export function toEndMessage(
  name: string,
  code: number | null,
  signal: NodeJS.Signals | null,
  logPath: string,
): string {
  const how = signal === null ? `exit code ${String(code)}` : signal;
  return `${name} ended by itself (${how}). The end of its log:\n${readLogEnd(logPath)}`;
}
