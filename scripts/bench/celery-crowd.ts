/** Many workers in one process, which answer what workers are asked: see `celery-crowd.py`. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { identify, type Process } from '../services/processes.ts';

export interface CeleryCrowd {
  readonly process: Process;
  /** The method of each broadcast heard so far. */
  readonly heard: readonly string[];
  stop(): void;
}

export interface CrowdOptions {
  /** A Python that has Celery. */
  python: string;
  brokerUrl: string;
  /** How many; `crowd0@test` is the first. */
  size: number;
}

/** Settles when all of them listen. @throws with what Python said */
export async function startCeleryCrowd({ python, brokerUrl, size }: CrowdOptions): Promise<CeleryCrowd> {
  const script = join(import.meta.dirname, 'celery-crowd.py');
  const child = spawn(python, [script, brokerUrl, String(size)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const heard: string[] = [];
  let problem = '';
  child.stderr.on('data', (chunk: Buffer) => (problem = (problem + chunk.toString()).slice(-10_000)));
  await new Promise<void>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => (line === 'READY' ? resolve() : heard.push(line)));
    child.once('error', reject);
    child.once('close', () => reject(new Error(`The crowd ended:\n${problem}`)));
  });
  return { process: identify(child.pid!), heard, stop: () => void child.kill('SIGKILL') };
}
