import { existsSync } from 'node:fs';
import type { Config } from '../config/options.ts';
import { AppError } from '../errors.ts';
import { readBegin } from '../query/begin.ts';
import { readGaps } from '../query/gaps.ts';
import { openSearchAnswers } from '../query/search-answers.ts';
import { openSearchQueries } from '../query/search/open-search.ts';
import { openShowTask, showSearch } from '../query/shown-task.ts';
import { engineOf, openStoreReader } from '../store/open-store.ts';
import { StoreFolder } from '../store/sqlite/folder.ts';
import { openThread } from '../threads/open-thread.ts';
import type { CommandIo } from './command.ts';
import type { TaskSource } from './task-source.ts';

/** Somebody waits for the one answer there is to be; there is no other whom it could hold up. */
const timeoutMs = 60_000;
/** Its threads have to start first. */
const totalMs = 2000;

/** Straight from the store, which a server may be writing to. Nothing is written, and `format_task` is heeded. */
export async function openStoredTasks(
  { db, format_task: format }: Pick<Config, 'db' | 'format_task'>,
  io: CommandIo,
): Promise<TaskSource> {
  if (engineOf(db) === 'sqlite' && !existsSync(new StoreFolder(db).catalog)) {
    throw new AppError('bad_config', `There is no store in ${db}: say where it is with --db, or ask a --server`);
  }
  const store = await openStoreReader(db, () => openThread('reader', {}));
  const stored = openSearchQueries(store);
  const warn = (message: string): void => void io.stderr.write(`${message}\n`);
  const answers = openSearchAnswers({
    queries: format === null ? stored : showSearch(stored, openShowTask({ format, warn })),
    gaps: (range) => readGaps(store, range),
    begin: () => readBegin(store),
    timeoutMs,
    totalMs,
    now: () => Date.now() / 1000,
  });
  return {
    search: (request) => answers.search(request, io.signal),
    async *tasks(request) {
      yield* answers.tasks(request, io.signal);
      // What was interrupted ends early, and must not look whole.
      io.signal.throwIfAborted();
    },
    close: () => store.close(),
  };
}
