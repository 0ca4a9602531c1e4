import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPrograms, type Found } from './find.ts';
import { openPlace, type Place } from './place.ts';
import { startPostgres } from './postgres.ts';
import { identify, stopProcess, type Process } from './processes.ts';
import { startRabbitmq } from './rabbitmq.ts';
import { startRedis } from './redis.ts';
import * as states from './state.ts';
import type { ServerName, ServiceName, Services, ServiceSet } from './state.ts';

export interface StartOptions {
  /** Which set: its state file. */
  statePath: string;
  /** True when the set belongs to this process and may be swept away once it is gone. */
  isOwned?: boolean;
  say?: (line: string) => void;
}

export interface StartedServices {
  services: Services;
  /** Stops the whole set and removes its folder. */
  stop: () => Promise<void>;
}

/** Makes sure that these services run, each once per set, and answer. */
export async function startServices(names: readonly ServiceName[], options: StartOptions): Promise<StartedServices> {
  const { statePath, say = () => undefined } = options;
  const set = states.readState(statePath) ?? openSet(options.isOwned === true);
  states.writeState(statePath, set);
  const servers = states.serverNames.filter((name) => names.includes(name) && !states.isRunning(set.running[name]));
  const found = findPrograms(process.env);
  for (const name of states.toolNames) if (names.includes(name)) set.services[name] = found[name];
  await Promise.all(servers.map((name) => startServer(name, set, found, statePath, say)));
  states.writeState(statePath, set);
  return { services: set.services as Services, stop: () => stopServices(statePath) };
}

function openSet(isOwned: boolean): ServiceSet {
  const folder = mkdtempSync(join(tmpdir(), 'herbarium-'));
  return { folder, owner: isOwned ? identify(process.pid) : undefined, running: {}, services: {} };
}

async function startServer(
  name: ServerName,
  set: ServiceSet,
  found: Found,
  statePath: string,
  say: (line: string) => void,
): Promise<void> {
  await stopServer(name, set);
  const processes: Process[] = [];
  set.running[name] = { ready: false, processes };
  const place = openPlace(set.folder, name, (process) => {
    processes.push(process);
    states.writeState(statePath, set);
  });
  say(`starting ${name}`);
  Object.assign(set.services, { [name]: await starters[name](place, found as Required<Found>) });
  set.running[name].ready = true;
  states.writeState(statePath, set);
}

const starters: Record<ServerName, (place: Place, found: Required<Found>) => Promise<unknown>> = {
  redis: startRedis,
  amqp: startRabbitmq,
  postgres: startPostgres,
};

/** Stops what the set started, and removes its folder and its state file. Does nothing where there is no set. */
export async function stopServices(statePath: string): Promise<void> {
  const set = states.readState(statePath);
  if (set) {
    await Promise.all(states.serverNames.map((name) => stopServer(name, set)));
    rmSync(set.folder, { recursive: true, force: true });
  }
  states.removeState(statePath);
}

async function stopServer(name: ServerName, set: ServiceSet): Promise<void> {
  const running = set.running[name];
  // The data is thrown away, so the quickest way is right; Postgres frees its shared memory when told to quit.
  const signal = name === 'postgres' ? 'SIGQUIT' : 'SIGKILL';
  await Promise.all((running?.processes ?? []).map((process) => stopProcess(process, signal)));
  rmSync(join(set.folder, name), { recursive: true, force: true });
  delete set.running[name];
  delete set.services[name];
}
