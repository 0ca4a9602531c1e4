import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
  let found = findPrograms(process.env);
  let missing = findMissing(names, found);
  const problems: string[] = [];
  if (missing.length > 0 && canInstall()) {
    const problem = await install(toPackages(missing), say);
    if (problem) problems.push(problem);
    found = findPrograms(process.env);
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
