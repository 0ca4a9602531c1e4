/** The built program as a child process: started as a user starts it, watched from outside. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StatusBody } from '../../server/contract/status.ts';

export interface Program {
  url: string;
  pid: number;
  status(): Promise<StatusBody>;
  /** Seconds of CPU, of all threads, in user and kernel mode; null on a system without /proc. */
  cpuSeconds(): number | null;
  /** Now, and the most it ever was; null on a system without /proc. */
  memory(): { rssMb: number; rssPeakMb: number } | null;
  log(): string;
  /** Asks it to stop and waits until it is gone. */
  stop(): Promise<void>;
}

/** As the program's own first line has it, and `npm start`: V8 would let short-lived objects of the main thread fill 48 MB. */
const nodeFlags = ['--max-semi-space-size=2'];

/** Settles when it listens. @throws with its log when it ends before. */
export async function startProgram(args: string[], nodeArgs: string[] = []): Promise<Program> {
  const listen = ['--address', '127.0.0.1', '--port', '0'];
  // With Postgres the spool would lie in the project, and only one of several programs could have it.
  const spool = args.some((arg) => arg.startsWith('postgres://'))
    ? mkdtempSync(join(tmpdir(), 'herbarium-spool-'))
    : null;
  const own = spool === null ? [] : ['--spool', spool];
  const child = spawn(
    process.execPath,
    [...nodeFlags, ...nodeArgs, 'dist/server/main.js', ...listen, ...own, ...args],
    {
      env: { PATH: process.env['PATH'], FLOWER_UNAUTHENTICATED_API: 'true' },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  if (spool !== null) child.once('exit', () => rmSync(spool, { recursive: true, force: true }));
  let log = '';
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      const found = / is at (\S+)/.exec(log)?.[1];
      if (found) resolve(found);
    });
    child.once('exit', () => reject(new Error(log)));
  });
  const { pid = 0 } = child;
  return {
    url,
    pid,
    status: async () => (await (await fetch(`${url}/api/status`)).json()) as StatusBody,
    cpuSeconds: () => readCpuSeconds(pid),
    memory: () => readMemory(pid),
    log: () => log,
    stop: () => stop(child),
  };
}

/** Clock ticks of /proc are hundredths of a second on every Linux that Node runs on. */
const ticksPerSecond = 100;

function readCpuSeconds(pid: number): number | null {
  const stat = readProc(pid, 'stat');
  if (stat === null) return null;
  // The second field is the program's name in brackets, which may hold spaces; utime and stime are the 14th and 15th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

function readMemory(pid: number): { rssMb: number; rssPeakMb: number } | null {
  const status = readProc(pid, 'status');
  if (status === null) return null;
  const megabytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
  return { rssMb: megabytes('VmRSS'), rssPeakMb: megabytes('VmHWM') };
}

function readProc(pid: number, file: string): string | null {
  const path = `/proc/${pid}/${file}`;
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}
