/** The built program, run as a user runs it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../dist/server/main.js', import.meta.url));

export interface ServerOptions {
  broker: string;
  /** A folder, or a `postgres://` URL. */
  db: string;
  /** Besides `FLOWER_UNAUTHENTICATED_API=true`, which can be set to `false`. */
  env?: Record<string, string>;
  args?: string[];
  /** A command that sets limits and then becomes the program, such as `['nice']`. */
  under?: string[];
}

export interface RunningServer {
  url: string;
  pid: number;
  /** What it has logged so far. */
  log(): string;
  /** Asks it to stop, as a service manager does; its exit code. */
  stop(): Promise<number | null>;
  /** As a crash. */
  kill(): Promise<void>;
}

/** Settles when it says where it is; rejects with its log when it ends before. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { broker, db, env = {}, args = [], under = [] } = options;
  if (!existsSync(program)) throw new Error('The program is not built: npm run build');
  const listen = ['--address', '127.0.0.1', '--port', '0'];
  // What it makes beside its store, such as a spool, is not to lie in the project.
  const cwd = mkdtempSync(join(tmpdir(), 'herbarium-server-'));
  const ours = [process.execPath, program, '--broker', broker, '--db', db, ...listen, ...args];
  const [command = '', ...rest] = [...under, ...ours];
  const child = spawn(command, rest, {
    env: { PATH: process.env['PATH'], TZ: 'UTC', FLOWER_UNAUTHENTICATED_API: 'true', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd,
  });
  child.once('exit', () => rmSync(cwd, { recursive: true, force: true }));
  let log = '';
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      log += chunk.toString();
      const found = / is at (\S+)/.exec(log)?.[1];
      if (found) resolve(found);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', (code) => reject(new Error(`The server ended with ${code}:\n${log}`)));
  });
  return {
    url,
    pid: child.pid!,
    log: () => log,
    stop: async () => {
      await end(child, 'SIGTERM');
      return child.exitCode;
    },
    kill: () => end(child, 'SIGKILL'),
  };
}

export interface ProgramRun {
  code: number | null;
  out: string;
  err: string;
}

/** Runs a command of the program until it ends. What it writes may go to an open file instead. */
export async function runProgram(
  argv: readonly string[],
  env: Record<string, string> = {},
  stdout: 'pipe' | number = 'pipe',
): Promise<ProgramRun> {
  const child = spawn(process.execPath, [program, ...argv], {
    env: { PATH: process.env['PATH'], TZ: 'UTC', ...env },
    stdio: ['ignore', stdout, 'pipe'],
    cwd: tmpdir(),
  });
  const [out, err] = await Promise.all([
    child.stdout ? text(child.stdout) : '',
    text(child.stderr!),
    once(child, 'close'),
  ]);
  return { code: child.exitCode, out, err };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}
