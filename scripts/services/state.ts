import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isAlive, type Process } from './processes.ts';

/** What runs as a service of its own. */
export const serverNames = ['redis', 'amqp', 'postgres'] as const;
/** What is only looked for, or made once: Pythons with Celery, a Chromium, and Prometheus' checker of metrics. */
export const toolNames = ['python', 'celeryNewest', 'chromium', 'promtool'] as const;
export type ServerName = (typeof serverNames)[number];
export type ToolName = (typeof toolNames)[number];
export type ServiceName = ServerName | ToolName;
export const serviceNames: readonly ServiceName[] = [...serverNames, ...toolNames];

/** How to reach what runs. Certificates are self-signed: `caPath` is the one to trust. */
export interface Services {
  redis: { url: string; socketPath: string; tlsUrl: string; caPath: string };
  /** `managementUrl` has no path and no credentials; guest/guest is the user. */
  amqp: { url: string; tlsUrl: string; managementUrl: string; caPath: string };
  /** A superuser's URL of an empty database; make your own databases beside it. */
  postgres: { url: string };
  /** Path of a Python that has Celery with its Redis and AMQP clients. */
  python: string;
  /** Path of a Python that has the newest Celery there is, in an environment of its own. */
  celeryNewest: string;
  /** Path of a Chromium. */
  chromium: string;
  promtool: string;
}

/** One running server: the processes it is made of, or the compose project it runs in. */
export interface Running {
  /** False from the first process on until it answered. */
  ready: boolean;
  processes: Process[];
  compose?: string;
}

/** The content of a state file: one set of services. */
export interface ServiceSet {
  folder: string;
  /** The process the set belongs to; once it is gone, anyone may stop the set. None: it stays until `down`. */
  owner?: Process;
  /** Processes beside the servers that end with the set: a demo's workers, say. */
  adopted: Process[];
  running: Partial<Record<ServerName, Running>>;
  services: Partial<Services>;
}

const projectFolder = resolve(import.meta.dirname, '../..');

/** Whether this is a server, not a program to be found. */
export function isServer(name: ServiceName): name is ServerName {
  return serverNames.some((server) => server === name);
}

/** The state file of a named set, in the project's `.cache`. */
export function toStatePath(name = 'services'): string {
  return resolve(projectFolder, '.cache', `${name}.json`);
}

/** The set in a state file, or undefined where there is none (or it was cut off in the middle). */
export function readState(path: string): ServiceSet | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ServiceSet;
  } catch {
    return undefined;
  }
}

/** Replaces the state file in one step. */
export function writeState(path: string, set: ServiceSet): void {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${String(process.pid)}`;
  writeFileSync(draft, JSON.stringify(set, null, 2));
  renameSync(draft, path);
}

export function removeState(path: string): void {
  rmSync(path, { force: true });
}

/** True when the server answered once and all its processes still run. */
export function isRunning(running: Running | undefined): boolean {
  return running !== undefined && running.ready && running.processes.every(isAlive);
}
