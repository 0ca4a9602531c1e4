import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePorts } from '../../scripts/services/ports.ts';

/** A Redis of a test's own, which may be killed and started again on its port. */
export interface RedisServer {
  readonly port: number;
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Ends it and removes its folder. */
  remove(): Promise<void>;
}

/**
 * Starts a redis-server on a free port, or a sentinel.
 * @param args more arguments, such as `--requirepass x`
 * @param mode `sentinel`: the arguments follow `--sentinel`
 */
export async function startRedisServer(
  args: string[] = [],
  mode: 'server' | 'sentinel' = 'server',
): Promise<RedisServer> {
  const [port = 0] = await findFreePorts(1);
  const folder = mkdtempSync(join(tmpdir(), 'herbarium-redis-'));
  let child: ChildProcess | null = null;
  const kill = async () => {
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  const start = async () => {
    const kind = mode === 'sentinel' ? [makeEmptyConf(folder), '--sentinel'] : ['--save', ''];
    const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder];
    child = spawn('redis-server', [...kind, ...place, ...args], { stdio: 'ignore' });
    await waitForPort(port);
  };
  const remove = async () => {
    await kill();
    rmSync(folder, { recursive: true, force: true });
  };
  await start();
  return { port, kill, start, remove };
}

/** A sentinel keeps what it learns in its configuration file, and will not start without one. */
function makeEmptyConf(folder: string): string {
  const path = join(folder, 'sentinel.conf');
  writeFileSync(path, '');
  return path;
}

async function waitForPort(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch {
      await sleep(50);
    } finally {
      socket.destroy();
    }
  }
  throw new Error(`Nothing answers on port ${String(port)}.`);
}
