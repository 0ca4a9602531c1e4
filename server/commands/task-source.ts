import type { ExportRequest, SearchBody, SearchRequest } from '../contract/search.ts';
import type { TaskBody } from '../contract/tasks.ts';
import type { Config } from '../config/options.ts';
import { AppError } from '../errors.ts';
import type { CommandArgs, CommandIo } from './command.ts';
import { openRemoteTasks } from './remote-tasks.ts';
import { openStoredTasks } from './stored-tasks.ts';
import type { sourceOptions } from './task-flags.ts';

/** Where a command gets tasks from: a running server, or the store itself. */
export interface TaskSource {
  search(request: SearchRequest): Promise<SearchBody>;
  /** All of them, in chunks; of each at least the columns asked for. */
  tasks(request: Omit<ExportRequest, 'format'>): AsyncIterable<Partial<TaskBody>[]>;
  close(): Promise<void>;
}

export type SourceArgs = CommandArgs<(typeof sourceOptions)[number], { server: string | null }>;

/** Rejects with `bad_config` where there is no store, or it is asked for two places at once. */
export async function openTaskSource({ config, sources, flags }: SourceArgs, io: CommandIo): Promise<TaskSource> {
  if (flags.server === null) return openStoredTasks(config, io);
  if (sources.db === '--db')
    throw new AppError('bad_config', 'Tasks are either at --server or in --db: give one of them');
  return openRemoteTasks({ ...toAddress(flags.server, config), signal: io.signal });
}

/** `--server` may name the prefix too. The login in the URL counts more than `basic_auth`. */
export function toAddress(
  server: string,
  config: Pick<Config, 'url_prefix' | 'basic_auth'>,
): { url: string; user?: string; password?: string } {
  const { origin, pathname, username, password } = new URL(server);
  const path = pathname.replace(/\/+$/, '');
  const url = origin + (path.endsWith(config.url_prefix) ? path : path + config.url_prefix);
  if (username !== '') return { url, user: decodeURIComponent(username), password: decodeURIComponent(password) };
  return { url, ...config.basic_auth[0] };
}
