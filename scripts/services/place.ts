import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { waitUntil } from './answers.ts';
import { isAlive, readLogEnd, startProcess, type Process } from './processes.ts';

/** Where one server lives, and how its processes come to be known before anything can go wrong with them. */
export interface Place {
  /** The server's own folder. */
  folder: string;
  onStart: (process: Process) => void;
}

export interface RunOptions {
  env?: NodeJS.ProcessEnv;
  uid?: number;
  gid?: number;
}

/** The folder for one server inside the set's folder. */
export function openPlace(setFolder: string, name: string, onStart: (process: Process) => void): Place {
  const folder = join(setFolder, name);
  mkdirSync(folder, { recursive: true });
  chmodSync(setFolder, 0o755); // Postgres runs as another user when we are root.
  return { folder, onStart };
}

/** Starts a process of this place; its log is `NAME.log` in the folder. */
export function run(place: Place, name: string, command: string, args: string[], options: RunOptions = {}): Process {
  const process = startProcess(command, args, {
    cwd: place.folder,
    logPath: join(place.folder, `${name}.log`),
    ...options,
  });
  place.onStart(process);
  return process;
}

/** Waits until the process answers `ask`. @throws with the end of its log when it does not. */
export async function waitForAnswer(
  place: Place,
  name: string,
  process: Process,
  ask: () => Promise<void>,
): Promise<void> {
  try {
    await waitUntil(ask, 90_000, () => !isAlive(process));
  } catch (error) {
    const log = readLogEnd(join(place.folder, `${name}.log`));
    throw new Error(`${name} did not answer. The end of its log:\n${log}`, { cause: error });
  }
}
