import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCeleryNewest } from './celery-newest.ts';
import { hasEngine } from './compose.ts';
import { findPrograms, type Found } from './find.ts';
import { canInstall, installPackages } from './install.ts';
import { withLock } from './lock.ts';
import { findMissing, toMissingMessage, toPackages, type Requirement } from './requirements.ts';
import { serverNames, type ServerName, type ServiceName } from './state.ts';

/** Where the services come from: programs of this machine, and those servers that docker compose has to run. */
export interface Provided {
  found: Found;
  fromCompose: ServerName[];
}

/**
 * Finds what these services need; installs what is missing where that is possible, or leaves it to docker compose.
 * @throws one message with everything that cannot be had and the command to type.
 */
export async function provide(names: readonly ServiceName[], say: (line: string) => void): Promise<Provided> {
  const problems: string[] = [];
  let found = await findAll(names, say, problems);
  let missing = findMissing(names, found);
  if (missing.length > 0 && canInstall()) {
    const problem = await install(toPackages(missing), say);
    if (problem) problems.push(problem);
    found = await findAll(names, say, problems);
    missing = findMissing(names, found);
  }
  const fromCompose = serverNames.filter(
    (name) => names.includes(name) && missing.some(({ neededBy }) => isOf(name, neededBy)),
  );
  if (fromCompose.length > 0 && found.openssl && hasEngine()) {
    say(`taking ${fromCompose.join(', ')} from docker compose`);
    const rest = missing.filter(({ neededBy }) => !neededBy.every((name) => isOf(name, fromCompose)));
    refuse(rest, problems);
    return { found, fromCompose };
  }
  refuse(missing, problems);
  return { found, fromCompose: [] };
}

/** Everything that is there, and the newest Celery, which is made from another Python when it is not. */
async function findAll(names: readonly ServiceName[], say: (line: string) => void, problems: string[]): Promise<Found> {
  const found = findPrograms(process.env);
  if (!names.includes('celeryNewest') || found.celeryNewest !== undefined || found.python === undefined) return found;
  try {
    return { ...found, celeryNewest: await makeCeleryNewest(found.python, say) };
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
    return found;
  }
}

function isOf(name: ServiceName, names: readonly ServiceName[]): boolean {
  return names.includes(name);
}

async function install(packages: string[], say: (line: string) => void): Promise<string | undefined> {
  try {
    await withLock(join(tmpdir(), 'herbarium-install.lock'), () => installPackages(packages, say));
    return undefined;
  } catch (error) {
    return `Installing it was tried: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function refuse(missing: readonly Requirement[], problems: string[]): void {
  if (missing.length > 0) throw new Error(toMissingMessage(missing, process.platform, problems));
}
