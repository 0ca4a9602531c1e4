import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** A program that runs until it is told to stop. */
export interface Running {
  /** What it said that was waited for. */
  said: string[];
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts a Node script and waits until its output matches. `expected`: whose groups come back in `said`. */
export async function startNode(
  args: readonly string[],
  expected: RegExp,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Running> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  const stop = async (signal: NodeJS.Signals = 'SIGINT'): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  return { said: await readOutput(child, expected), stop };
}

function readOutput(child: ChildProcess, expected: RegExp): Promise<string[]> {
  let text = '';
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      text += chunk.toString();
      const found = expected.exec(text);
      if (found) resolve(found.slice(1));
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', (code) => reject(new Error(`It ended with ${String(code)}:\n${text}`)));
  });
}
