import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { toPythonEnvironment, toWorkerCommand, type WorkerOptions } from '../../scripts/demo/worker.ts';
import { identify } from '../../scripts/services/processes.ts';
import { adoptProcess } from '../../scripts/services/services.ts';
import { findStatePath, readServices } from './services.ts';

export interface TestWorker {
  /** What the worker printed so far. */
  readonly log: string;
  /** The worker's main process. */
  readonly pid: number;
  /** A warm shutdown: the worker ends its tasks and says that it goes. */
  stop: () => Promise<void>;
  /** SIGKILL to the worker and its children: nothing is said. */
  kill: () => Promise<void>;
}

/** The Celery of the distribution, or the newest there is. */
export type CeleryVersion = 'python' | 'celeryNewest';

/** Starts a real Celery worker, of the demo's shop if no `app` is given, and waits until it takes tasks. */
export async function startWorker(
  options: Omit<WorkerOptions, 'python'> & { celery?: CeleryVersion },
): Promise<TestWorker> {
  const { command, args, env } = toWorkerCommand({ python: readServices()[options.celery ?? 'python'], ...options });
  const child = spawn(command, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  let isGone = false;
  const gone = new Promise<void>((resolve) => {
    child.once('close', () => {
      isGone = true;
      resolve();
    });
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command} could not be started.`);
  await adoptProcess(findStatePath(), identify(pid)); // A test run that is cut off leaves no worker behind.
  const end = (signal: NodeJS.Signals, target: number): Promise<void> => {
    if (!isGone) process.kill(target, signal);
    return gone;
  };
  const kill = (): Promise<void> => end('SIGKILL', -pid);
  const until = performance.now() + 30_000;
  while (!log.includes(' ready.')) {
    if (isGone || performance.now() > until) {
      await kill();
      throw new Error(`The worker ${options.name} is not ready:\n${log}`);
    }
    await sleep(50);
  }
  const stop = async (): Promise<void> => {
    await Promise.race([end('SIGTERM', pid), sleep(10_000, undefined, { ref: false })]);
    if (!isGone) await kill();
  };
  return {
    pid,
    stop,
    kill,
    get log() {
      return log;
    },
  };
}

export interface PythonOptions {
  brokerUrl: string;
  resultBackend?: string;
  env?: NodeJS.ProcessEnv;
}

/**
 * Runs Python code, which may `import shop`, and gives what it printed.
 * @throws with its standard error when it fails.
 */
export async function runPython(code: string, options: PythonOptions): Promise<string> {
  const child = spawn(readServices().python, ['-c', code], {
    env: toPythonEnvironment(options),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [output, problem, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (exitCode !== 0) throw new Error(`Python ended with ${String(exitCode)}:\n${problem}`);
  return output;
}

export interface SentTask extends PythonOptions {
  /** The task's name, such as `shop.stock.reserve`. */
  task: string;
  args?: unknown[];
  kwargs?: Record<string, unknown>;
  /** More arguments of Celery's `send_task`: queue, countdown, task_id… */
  options?: Record<string, unknown>;
}

/** Sends a task by name, as a client of the shop's app does, and gives its id. */
export async function sendTask(sent: SentTask): Promise<string> {
  const { task, args = [], kwargs = {}, options = {} } = sent;
  const call = JSON.stringify({ name: task, args, kwargs, ...options });
  const code = `import json, os, shop; print(shop.app.send_task(**json.loads(os.environ['CALL'])).id)`;
  return (await runPython(code, { ...sent, env: { ...sent.env, CALL: call } })).trim();
}
