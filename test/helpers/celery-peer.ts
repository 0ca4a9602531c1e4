import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { readServices } from './services.ts';

/** Real Celery code at the other end of the broker; see `celery-peer.py`. */
export interface CeleryPeer {
  /** Arguments of each `enable_events` heard on the control exchange. */
  readonly heard: unknown[];
  /** Sends one event with Celery's own dispatcher. */
  send(event: { type: string; [field: string]: unknown }): void;
  stop(): void;
}

/** Starts it and waits until it listens for control messages. */
export async function startCeleryPeer(brokerUrl: string, settings: Record<string, unknown> = {}): Promise<CeleryPeer> {
  const script = fileURLToPath(new URL('celery-peer.py', import.meta.url));
  const child = spawn(readServices().python, [script, brokerUrl, JSON.stringify(settings)]);
  const heard: unknown[] = [];
  let isReady = false;
  let problem = '';
  child.stderr.on('data', (chunk: Buffer) => (problem += chunk.toString()));
  createInterface(child.stdout).on('line', (line) => {
    const said = JSON.parse(line) as { ready?: boolean; arguments?: unknown };
    if (said.ready) isReady = true;
    if (said.arguments) heard.push(said.arguments);
  });
  await vi.waitFor(
    () => {
      if (!isReady) throw new Error(`Celery does not listen: ${problem}`);
    },
    { timeout: 40_000 },
  );
  return {
    heard,
    send: (event) => void child.stdin.write(`${JSON.stringify(event)}\n`),
    stop: () => void child.kill('SIGKILL'),
  };
}
