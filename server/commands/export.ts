/** `herbarium export`: all tasks that a search finds, as one file. */
import { choice } from '../config/kinds.ts';
import { exportFormats } from '../contract/search.ts';
import type { TaskBody } from '../contract/tasks.ts';
import { toExportText } from '../export/export-text.ts';
import { localZone } from '../query/read-search.ts';
import { defineCommand, flag, type CommandIo } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { openProgress } from './progress.ts';
import { columnsFlag, limitKind, queryOperand, sourceFlags, sourceOptions } from './task-flags.ts';
import type { TaskSource } from './task-source.ts';
import { useTasks, writeAll } from './use-tasks.ts';

export const exportCommand = defineCommand({
  name: 'export',
  summary: 'Write all tasks that a search finds to the standard output, without a limit',
  description:
    'Writes all tasks that a search finds, or all there are, to the standard output, in constant memory, from the store at --db or from a server.',
  operands: [queryOperand],
  options: sourceOptions,
  flags: {
    ...sourceFlags,
    format: flag(choice(exportFormats), {
      default: 'ndjson',
      help: 'A JSON object a line, CSV for spreadsheets, or one JSON array',
    }),
    columns: columnsFlag('all'),
    limit: flag(limitKind, { default: null, shownDefault: 'none', short: 'n', help: 'How many tasks at most' }),
  },
  run: (args, io) =>
    useTasks(args, io, async (source) => {
      const { sort, limit, columns, format } = args.flags;
      const asked = {
        q: args.operands.join(' '),
        zone: localZone(),
        sort: sort ?? undefined,
        limit: limit ?? undefined,
        columns: columns ?? undefined,
      };
      const tasks = withProgress(source, asked, io);
      // A server sends the columns asked for, and nothing else.
      await writeAll(io, toExportText(tasks as AsyncIterable<TaskBody[]>, { format, columns: asked.columns }));
      return exitCodes.ok;
    }),
});

type Asked = Parameters<TaskSource['tasks']>[0];

/** On a terminal only, where the tasks themselves go elsewhere; then how many there will be is asked first. */
async function* withProgress(source: TaskSource, asked: Asked, io: CommandIo): AsyncIterable<Partial<TaskBody>[]> {
  if (io.stderr.isTTY !== true || io.stdout.isTTY === true) {
    yield* source.tasks(asked);
    return;
  }
  const { q, zone } = asked;
  const { total } = await source.search({ q, zone, limit: 1 });
  const progress = openProgress(io.stderr, total, asked.limit);
  try {
    for await (const chunk of source.tasks(asked)) {
      yield chunk;
      progress.add(chunk.length);
    }
  } finally {
    progress.close();
  }
}
