import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { isAlive } from '../../scripts/services/processes.ts';
import { readState, toStatePath, type ServiceSet } from '../../scripts/services/state.ts';

const script = join(import.meta.dirname, '../../scripts/demo.ts');

interface Demo {
  child: ChildProcess;
  url: string;
  set: ServiceSet;
  /** Resolves to the exit code. */
  ended: Promise<number | null>;
  readonly output: string;
}

let demo: Demo | undefined;

afterEach(async () => {
  demo?.child.kill('SIGTERM');
  await demo?.ended;
  demo = undefined;
});

/** Starts the demo and waits until it says where Herbarium is. */
async function startDemo(args: string[]): Promise<Demo> {
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  let url: string | undefined;
  while (!(url = /Herbarium: +(\S+)/.exec(output)?.[1])) {
    if (child.exitCode !== null) throw new Error(`The demo ended:\n${output}`);
    await sleep(50);
  }
  const set = readState(toStatePath(`demo-${String(child.pid)}`));
  if (!set) throw new Error('The demo has no state file.');
  return {
    child,
    url,
    set,
    ended,
    get output() {
      return output;
    },
  };
}

/** Asks until the tasks that match are there. */
async function waitForTasks(url: string, isThere: (task: Record<string, unknown>) => boolean): Promise<void> {
  for (;;) {
    const response = await fetch(`${url}/api/tasks?limit=200`);
    const tasks = (await response.json()) as Record<string, Record<string, unknown>>;
    if (Object.values(tasks).some(isThere)) return;
    await sleep(200);
  }
}

it.each(['redis', 'amqp'])(
  'shows the tasks of real workers on %s, and leaves nothing behind after Ctrl-C',
  async (broker) => {
    demo = await startDemo(['--broker', broker, '--rate', '20']);
    const { url, set, child } = demo;
    await waitForTasks(url, ({ state, worker }) => state === 'SUCCESS' && worker === 'mail@shop');
    await waitForTasks(url, ({ exception }) => exception === "ValueError('hello world')");
    await waitForTasks(url, ({ state, retries }) => state === 'SUCCESS' && Number(retries) > 0);
    await waitForTasks(url, ({ state }) => state === 'REVOKED');

    // A terminal and npm both pass it on.
    child.kill('SIGINT');
    child.kill('SIGINT');
    expect(await demo.ended).toBe(0);
    const processes = [...set.adopted, ...Object.values(set.running).flatMap((running) => running.processes)];
    expect(processes.length).toBeGreaterThanOrEqual(4);
    expect(processes.filter(isAlive)).toEqual([]);
    expect(existsSync(set.folder)).toBe(false);
  },
);

it('ends with the reason and exit code 1 when one of its programs ends by itself', async () => {
  demo = await startDemo([]);
  const [herbarium] = demo.set.adopted;
  if (!herbarium) throw new Error('Herbarium has no process.');
  process.kill(herbarium.pid, 'SIGKILL');
  expect(await demo.ended).toBe(1);
  expect(demo.output).toContain('herbarium ended by itself (SIGKILL). The end of its log:');
  expect(existsSync(demo.set.folder)).toBe(false);
});
