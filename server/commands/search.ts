/** `herbarium search`: the first tasks that a search finds, for a person to read or a script to go on with. */
import { choice } from '../config/kinds.ts';
import { maxPageTasks, type SearchBody } from '../contract/search.ts';
import type { TaskBody, TaskField } from '../contract/tasks.ts';
import { toExportText } from '../export/export-text.ts';
import { localZone } from '../query/read-search.ts';
import { defineCommand, flag, type CommandIo } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { columnsFlag, limitKind, queryOperand, sourceFlags, sourceOptions } from './task-flags.ts';
import type { TaskSource } from './task-source.ts';
import { tableColumns, toTable } from './task-table.ts';
import { toTableOptions } from './text-table.ts';
import { useTasks, writeAll } from './use-tasks.ts';

export const search = defineCommand({
  name: 'search',
  summary: 'Show the tasks that a search finds, from a running server or straight from the store',
  description:
    'Shows the tasks that a search finds, newest first. It reads the store at --db, which a server may be writing to, or asks a server.',
  operands: [queryOperand],
  options: sourceOptions,
  flags: {
    ...sourceFlags,
    limit: flag(limitKind, { default: 50, short: 'n', help: 'How many tasks at most' }),
    format: flag(choice(['table', 'json', 'csv']), {
      default: 'table',
      help: 'A table as wide as the terminal, a JSON object a line, or CSV for spreadsheets',
    }),
    columns: columnsFlag(`${tableColumns.join(',')} in a table, else all`),
  },
  run: (args, io) =>
    useTasks(args, io, async (source) => {
      const { sort, limit, format, columns } = args.flags;
      const q = args.operands.join(' ');
      const pages = readPages(source, { q, sort: sort ?? undefined, zone: localZone() }, limit, io);
      const first = await pages.next();
      if (first.done) return exitCodes.nothingFound;
      if (format === 'table') return showTable(first.value, pages, columns ?? tableColumns, io);
      const text = toExportText(onlyTasks(first.value, pages), {
        format: format === 'json' ? 'ndjson' : 'csv',
        columns: columns ?? undefined,
      });
      await writeAll(io, text);
      return first.value.tasks.length > 0 ? exitCodes.ok : exitCodes.nothingFound;
    }),
});

const partialNote = 'the time was over before everything was looked at: there may be more\n';

type Asked = Pick<Parameters<TaskSource['search']>[0], 'q' | 'sort' | 'zone'>;

/** Page after page, until there are enough tasks, or no more. What is not whole says so, whoever reads it. */
async function* readPages(
  source: TaskSource,
  asked: Asked,
  limit: number,
  { stderr }: CommandIo,
): AsyncGenerator<SearchBody, undefined> {
  let cursor: string | undefined;
  let isPartial = false;
  for (let left = limit; left > 0;) {
    const page = await source.search({ ...asked, cursor, limit: Math.min(left, maxPageTasks) });
    if (page.partial && !isPartial) stderr.write(partialNote);
    isPartial ||= page.partial;
    yield page;
    left -= page.tasks.length;
    if (page.next === null) return;
    cursor = page.next;
  }
}

async function* onlyTasks(first: SearchBody, rest: AsyncIterable<SearchBody>): AsyncGenerator<TaskBody[]> {
  yield first.tasks;
  for await (const { tasks } of rest) yield tasks;
}

async function showTable(
  first: SearchBody,
  rest: AsyncIterable<SearchBody>,
  columns: readonly TaskField[],
  io: CommandIo,
): Promise<number> {
  const tasks: TaskBody[] = [];
  for await (const page of onlyTasks(first, rest)) tasks.push(...page);
  io.stderr.write(toNotes(first, tasks.length));
  if (tasks.length === 0) return exitCodes.nothingFound;
  await writeAll(io, [toTable(tasks, { columns, ...toTableOptions(io) })]);
  return exitCodes.ok;
}

/** What a person should know of the answer, besides its tasks. */
function toNotes({ total, gaps }: SearchBody, shown: number): string {
  const count = `${total.relation === 'gte' ? 'at least ' : ''}${total.value.toLocaleString('en')}`;
  const notes = [total.value === 0 ? 'no task fits' : `${shown.toLocaleString('en')} of ${count} tasks`];
  if (gaps.length > 0) {
    const stretches = gaps.length === 1 ? 'one stretch of time' : `${gaps.length} stretches of time`;
    notes.push(`in ${stretches} that the search covers events may have been missed`);
  }
  return notes.map((note) => `${note}\n`).join('');
}
