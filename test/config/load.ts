import type { ConfigFiles } from '../../server/config/config-file.ts';
import { loadConfig, type LoadedConfig } from '../../server/config/load-config.ts';
import { AppError } from '../../server/errors.ts';

export interface Situation {
  argv?: string[];
  env?: Record<string, string>;
  /** By name, in the folder the program is started in. */
  files?: Record<string, string>;
  /** Exports of JavaScript files, which stand in `files` as well. */
  modules?: Record<string, Record<string, unknown>>;
}

const cwd = '/srv/monitor';

function toFiles({ files = {}, modules = {} }: Situation): ConfigFiles {
  const toName = (path: string) => (path.startsWith(`${cwd}/`) ? path.slice(cwd.length + 1) : path);
  return {
    read: (path) => Promise.resolve(files[toName(path)]),
    load: (path) => Promise.resolve(modules[toName(path)] ?? {}),
  };
}

/** Loads the configuration of a program started in an otherwise empty folder, without variables. */
export function load(situation: Situation = {}): Promise<LoadedConfig> {
  const { argv = [], env = {} } = situation;
  return loadConfig({ argv, env: { HOME: '/home/ada', ...env }, cwd, files: toFiles(situation) });
}

/** The one error of a configuration that is wrong. */
export async function fail(situation: Situation): Promise<AppError> {
  try {
    await load(situation);
  } catch (error) {
    if (error instanceof AppError && error.code === 'bad_config') return error;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

/** The places that an error names. */
export function toPaths(error: AppError): string[] {
  return (error.details ?? []).map(({ path }) => path);
}
