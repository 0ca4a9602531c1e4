import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { answers } from './answers.ts';
import { composeStarters, removeFromCompose, toProject } from './compose.ts';
import type { Found } from './find.ts';
import { withLock } from './lock.ts';
import { openPlace, type Place } from './place.ts';
import { startPostgres } from './postgres.ts';
import { identify, isAlive, stopProcess, type Process } from './processes.ts';
import { provide, type Provided } from './provide.ts';
import { startRabbitmq } from './rabbitmq.ts';
import { startRedis } from './redis.ts';
import * as states from './state.ts';
import type { ServerName, ServiceName, Services, ServiceSet } from './state.ts';

export interface StartOptions {
  /** Which set: its state file. Sets know nothing of each other. */
  statePath: string;
  /** True when the set belongs to this process: it may be swept away once the process is gone. */
  isOwned?: boolean;
  say?: (line: string) => void;
}

export interface StartedServices<Name extends ServiceName> {
  services: Pick<Services, Name>;
  /** The set's folder, removed by `stop`. */
  folder: string;
  /** Makes a process part of the set, so that it ends with it even if this process is killed. */
  adopt: (process: Process) => void;
  /** Stops the whole set and removes its folder. */
  stop: () => Promise<void>;
}

/**
 * Makes sure that these services run, each once per set, and answer. What a killed process left behind is stopped.
 * @throws one message with all that is missing, or the end of the log of what did not start.
 */
export async function startServices<Name extends ServiceName>(
  names: readonly Name[],
  options: StartOptions,
): Promise<StartedServices<Name>> {
  const { statePath, isOwned = false, say = () => undefined } = options;
  await sweep(dirname(statePath));
  const set = await withLock(`${statePath}.lock`, async () => {
    const set = states.readState(statePath) ?? openSet(isOwned);
    states.writeState(statePath, set);
    await startMissing(names, set, statePath, say);
    return set;
  }).catch(async (error: unknown) => {
    if (isOwned) await stopServices(statePath);
    throw error;
  });
  const adopt = (process: Process): void => {
    set.adopted.push(process);
    states.writeState(statePath, set);
  };
  return { services: set.services as Services, folder: set.folder, adopt, stop: () => stopServices(statePath) };
}

/** Makes a process part of a set that another process may have started, so that it ends with the set at the latest. */
export async function adoptProcess(statePath: string, process: Process): Promise<void> {
  await withLock(`${statePath}.lock`, () => {
    const set = states.readState(statePath);
    if (set) states.writeState(statePath, { ...set, adopted: [...set.adopted.filter(isAlive), process] });
    return Promise.resolve();
  });
}

function openSet(isOwned: boolean): ServiceSet {
  const folder = mkdtempSync(join(tmpdir(), 'herbarium-'));
  return { folder, owner: isOwned ? identify(process.pid) : undefined, adopted: [], running: {}, services: {} };
}

/** Stops the sets whose owners were killed. */
async function sweep(stateFolder: string): Promise<void> {
  const files = readFolder(stateFolder).filter((name) => name.endsWith('.json'));
  for (const path of files.map((name) => join(stateFolder, name))) {
    const owner = states.readState(path)?.owner;
    if (owner && !isAlive(owner)) await stopServices(path);
  }
}

function readFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

async function startMissing(
  names: readonly ServiceName[],
  set: ServiceSet,
  statePath: string,
  say: (line: string) => void,
): Promise<void> {
  const areUp = await Promise.all(names.map((name) => isUp(name, set)));
  const missing = names.filter((_, index) => !areUp[index]);
  if (missing.length === 0) return;
  const provided = await provide(missing, say);
  for (const name of states.toolNames) if (missing.includes(name)) set.services[name] = provided.found[name];
  const servers = states.serverNames.filter((name) => missing.includes(name));
  const started = await Promise.allSettled(servers.map((name) => startServer(name, set, provided, statePath, say)));
  states.writeState(statePath, set);
  const failures = started.filter((result) => result.status === 'rejected').map(({ reason }) => String(reason));
  if (failures.length > 0) throw new Error(failures.join('\n\n'));
}

async function isUp(name: ServiceName, set: ServiceSet): Promise<boolean> {
  if (!states.isServer(name)) return set.services[name] !== undefined;
  return states.isRunning(set.running[name]) && (await answers(name, set.services));
}

async function startServer(
  name: ServerName,
  set: ServiceSet,
  provided: Provided,
  statePath: string,
  say: (line: string) => void,
): Promise<void> {
  await stopServer(name, set);
  say(`starting ${name}`);
  const processes: Process[] = [];
  const isFromCompose = provided.fromCompose.includes(name);
  const running = { ready: false, processes, compose: isFromCompose ? toProject(set.folder) : undefined };
  set.running[name] = running;
  states.writeState(statePath, set);
  const place = openPlace(set.folder, name, (process) => {
    processes.push(process);
    states.writeState(statePath, set);
  });
  const starter = isFromCompose ? composeStarters[name] : starters[name];
  // What `provide` gave has all that these servers need.
  Object.assign(set.services, { [name]: await starter(place, provided.found as Required<Found>) });
  running.ready = true;
  states.writeState(statePath, set);
}

const starters: Record<ServerName, (place: Place, found: Required<Found>) => Promise<unknown>> = {
  redis: startRedis,
  amqp: startRabbitmq,
  postgres: startPostgres,
};

/** Stops what the set started, and removes its folder and its state file. Does nothing where there is no set. */
export async function stopServices(statePath: string): Promise<void> {
  await withLock(`${statePath}.lock`, async () => {
    const set = states.readState(statePath);
    if (set) {
      await Promise.all(set.adopted.map((process) => stopProcess(process, 'SIGKILL')));
      await Promise.all(states.serverNames.map((name) => stopServer(name, set)));
      rmSync(set.folder, { recursive: true, force: true });
    }
    states.removeState(statePath);
  });
}

async function stopServer(name: ServerName, set: ServiceSet): Promise<void> {
  const running = set.running[name];
  // The data is thrown away, so the quickest way is right; Postgres frees its shared memory when told to quit.
  const signal = name === 'postgres' ? 'SIGQUIT' : 'SIGKILL';
  await Promise.all((running?.processes ?? []).map((process) => stopProcess(process, signal)));
  if (running?.compose) removeFromCompose(set.folder, name);
  rmSync(join(set.folder, name), { recursive: true, force: true });
  delete set.running[name];
  delete set.services[name];
}
