import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process of ours, told apart from a later one that got the same pid by the moment it started. */
export interface Process {
  pid: number;
  /** Opaque; equal for the same process only. */
  startedAt: string;
}

export interface StartOptions {
  cwd: string;
  logPath: string;
  env?: NodeJS.ProcessEnv;
  uid?: number;
  gid?: number;
}

/** Starts a process that outlives this one, in a process group of its own, its output appended to `logPath`. */
export function startProcess(command: string, args: string[], options: StartOptions): Process {
  const log = openSync(options.logPath, 'a');
  const { cwd, env = process.env, uid, gid } = options;
  const child = spawn(command, args, { cwd, env, uid, gid, detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  child.on('error', () => undefined); // It has no pid then, which is said below.
  if (child.pid === undefined) throw new Error(`${command} could not be started.`);
  child.unref();
  return identify(child.pid);
}

/** The process with this pid as it is now. */
export function identify(pid: number): Process {
  return { pid, startedAt: readStartedAt(pid) ?? '' };
}

/** True while exactly this process runs; a zombie does not. */
export function isAlive(process: Process): boolean {
  return readStartedAt(process.pid) === process.startedAt;
}

function readStartedAt(pid: number): string | undefined {
  if (existsSync('/proc/self/stat')) {
    try {
      return readProcStat(readFileSync(`/proc/${String(pid)}/stat`, 'utf8'));
    } catch {
      return undefined;
    }
  }
  const { stdout } = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' });
  const line = stdout.trim();
  return line === '' || line.startsWith('Z') ? undefined : line.replace(/^\S+\s+/, '');
}

/** The start time out of Linux' `/proc/PID/stat`, in ticks since boot; undefined for a zombie. */
export function readProcStat(text: string): string | undefined {
  // The second field is the name in parentheses and may hold spaces and parentheses itself.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

/**
 * Signals the process and its group, and kills what is left after `graceMs`. What a dead process left of its group is
 * killed; another process that has its pid by now is left alone.
 */
export async function stopProcess(target: Process, signal: NodeJS.Signals, graceMs = 5000): Promise<void> {
  const startedAt = readStartedAt(target.pid);
  // No process can get this pid while its group lives, so a group without its leader is ours still.
  if (startedAt === undefined) signalGroup(target.pid, 'SIGKILL');
  if (startedAt !== target.startedAt) return;
  signalGroup(target.pid, signal);
  const until = performance.now() + graceMs;
  while (isAlive(target) && performance.now() < until) await sleep(20);
  if (isAlive(target)) signalGroup(target.pid, 'SIGKILL');
  while (isAlive(target)) await sleep(20);
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Gone in between.
  }
}

/** The last lines of a log, for a message about why something did not start. */
export function readLogEnd(logPath: string, lines = 25): string {
  if (!existsSync(logPath)) return '(it wrote nothing)';
  return readFileSync(logPath, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
}
