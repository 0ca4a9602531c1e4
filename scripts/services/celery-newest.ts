import { spawn, spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { withLock } from './lock.ts';

/** Made once, and kept for as long as `.cache` is. */
const folder = resolve(import.meta.dirname, '../../.cache/celery-newest');
const python = join(folder, 'bin/python3');
/** Beyond what distributions bring today, so that it is another version than theirs. */
const wanted = '>=5.3';

/** Path of its Python, when it is there and works. */
export function findCeleryNewest(): string | undefined {
  const code = 'import amqp, celery, sys; from redis import CredentialProvider; sys.exit(celery.VERSION < (5, 3))';
  return existsSync(python) && spawnSync(python, ['-c', code], { stdio: 'ignore' }).status === 0 ? python : undefined;
}

/**
 * Makes an environment of its own beside `from`, whose packages it falls back on, and gets the newest Celery from the
 * index that pip is configured for.
 * @throws with what pip said
 */
export async function makeCeleryNewest(from: string, say: (line: string) => void): Promise<string> {
  return withLock(`${folder}.lock`, async () => {
    const found = findCeleryNewest();
    if (found !== undefined) return found;
    say('getting the newest Celery (pip)');
    rmSync(folder, { recursive: true, force: true });
    await run(from, ['-m', 'venv', '--system-site-packages', folder]);
    const install = (...what: string[]) =>
      run(python, ['-m', 'pip', 'install', '--quiet', '--retries', '0', '--upgrade', ...what]);
    // An index may lack the very Redis client that Celery names; then its newest has to do.
    await install(`celery[redis]${wanted}`).catch(async () => {
      await install(`celery${wanted}`);
      await install('--no-deps', 'redis');
    });
    if (findCeleryNewest() === undefined) throw new Error('The newest Celery was installed, and cannot be imported.');
    return python;
  });
}

function run(command: string, args: string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-4000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (code) => {
      const said = output.trimEnd().split('\n').slice(-5).join('\n');
      if (code === 0) done();
      else
        fail(new Error(`Getting the newest Celery was tried: ${command} ${args.slice(0, 3).join(' ')} said:\n${said}`));
    });
  });
}
