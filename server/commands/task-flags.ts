/** What `herbarium search` and `herbarium export` have in common on the command line. */
import { httpUrl, integer } from '../config/kinds.ts';
import type { Operand } from '../config/grammar.ts';
import type { Kind } from '../config/option.ts';
import { readColumns, readSort } from '../contract/search.ts';
import { taskFields, type TaskField } from '../contract/tasks.ts';
import { sortKeys, type Sort } from '../language/query.ts';
import { flag } from './command.ts';

/** Which of the server's options say where tasks are, and how they are to be shown. */
export const sourceOptions = ['db', 'basic_auth', 'url_prefix', 'format_task'] as const;

const columns: Kind<TaskField[]> = {
  placeholder: 'list',
  accepts: `a list of ${taskFields.join(', ')}`,
  read(raw) {
    const read = readColumns(String(raw));
    return Array.isArray(read) && read.length > 0 ? read : undefined;
  },
};

const sort: Kind<Sort> = {
  placeholder: 'key',
  accepts: `one of ${sortKeys.join(', ')}, with - in front for descending`,
  read: (raw) => readSort(String(raw)),
};

export const sourceFlags = {
  server: flag(httpUrl, {
    default: null,
    help: 'Ask the Herbarium at this URL, which may hold user:password@, instead of the store',
  }),
  sort: flag(sort, { default: null, shownDefault: '-received', help: 'In which order, - for descending' }),
};

export const limitKind = integer(1, Number.MAX_SAFE_INTEGER);

export const columnsFlag = (shownDefault: string) =>
  flag(columns, { default: null, shownDefault, help: 'Which fields of a task, in which order' });

export const queryOperand: Operand = {
  name: 'QUERY',
  help: 'a search, such as state:FAILURE received:>24h; after -- when it begins with -',
  isOptional: true,
  takesMany: true,
};
