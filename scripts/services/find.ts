import { spawnSync } from 'node:child_process';
import { accessSync, constants, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findCeleryNewest } from './celery-newest.ts';

/** Paths of the programs the services are made of; undefined is not there. */
export interface Found {
  redisServer?: string;
  rabbitmqServer?: string;
  epmd?: string;
  postgresBin?: string;
  openssl?: string;
  python?: string;
  celeryNewest?: string;
  chromium?: string;
  promtool?: string;
}

/** The modules a Python must have to run the workers of the demo and the tests. */
const pythonModules = ['celery', 'redis', 'amqp', 'msgpack', 'yaml'];

const systemFolders = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
  '/opt/homebrew/bin',
];

/** Looks for everything. `env` is asked for PATH, HERBARIUM_PYTHON and HERBARIUM_CHROMIUM. */
export function findPrograms(env: NodeJS.ProcessEnv): Found {
  const folders = [...(env['PATH'] ?? '').split(':').filter(Boolean), ...systemFolders];
  return {
    redisServer: findProgram('redis-server', folders),
    rabbitmqServer: findRabbitmq(folders),
    epmd: findProgram('epmd', folders),
    postgresBin: findPostgres(folders),
    openssl: findProgram('openssl', folders),
    python: findPython(env['HERBARIUM_PYTHON'], folders),
    celeryNewest: findCeleryNewest(),
    chromium: env['HERBARIUM_CHROMIUM'] ?? findChromium(folders),
    promtool: findProgram('promtool', folders),
  };
}

function findProgram(name: string, folders: string[]): string | undefined {
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function listFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/**
 * RabbitMQ's own start script. Debian's command in PATH insists on its user and its folder, so the one it wraps is
 * taken where it exists.
 */
function findRabbitmq(folders: string[]): string | undefined {
  const lib = '/usr/lib/rabbitmq/lib';
  const versions = listFolder(lib).map((version) => join(lib, version, 'sbin/rabbitmq-server'));
  return versions.find(isExecutable) ?? findProgram('rabbitmq-server', folders);
}

/** The folder of the newest Postgres from 15 on. Debian keeps them out of PATH. */
function findPostgres(folders: string[]): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = sortPostgresVersions(listFolder(debian)).map((version) => join(debian, version, 'bin'));
  return [...versions, ...folders].find((folder) => {
    const isWhole = ['postgres', 'initdb'].every((program) => isExecutable(join(folder, program)));
    return isWhole && isPostgresRecent(spawnSync(join(folder, 'postgres'), ['--version'], { encoding: 'utf8' }).stdout);
  });
}

/** Folder names of Debian's Postgres versions, newest first. */
export function sortPostgresVersions(names: string[]): string[] {
  return names.filter((name) => /^\d+$/.test(name)).sort((a, b) => Number(b) - Number(a));
}

/** Whether `postgres --version` says 15 or later. */
export function isPostgresRecent(versionText: string | null): boolean {
  return Number(/\(PostgreSQL\) (\d+)/.exec(versionText ?? '')?.[1] ?? 0) >= 15;
}

/** The first Python that imports all it needs; the first in PATH is often one without Celery. */
function findPython(wanted: string | undefined, folders: string[]): string | undefined {
  const own = resolve(import.meta.dirname, '../../.cache/python/bin/python3');
  const inPath = folders.map((folder) => join(folder, 'python3'));
  const candidates = wanted ? [wanted] : [own, ...inPath];
  const isUsable = (path: string): boolean =>
    isExecutable(path) &&
    spawnSync(path, ['-c', `import ${pythonModules.join(', ')}`], { stdio: 'ignore' }).status === 0;
  return [...new Set(candidates)].find(isUsable);
}

function findChromium(folders: string[]): string | undefined {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const mac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
  return names.map((name) => findProgram(name, folders)).find((path) => path !== undefined) ?? [mac].find(isExecutable);
}
