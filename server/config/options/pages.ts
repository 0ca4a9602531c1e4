import { taskFormatter } from '../access-kinds.ts';
import { boolean, choices } from '../kinds.ts';
import { option } from '../option.ts';

/** Every column that the table of tasks can have. */
const taskColumns =
  'name uuid state args kwargs result received started runtime worker retries revoked exception expires eta'.split(' ');

/** What the pages show, and how. */
export const pages = {
  tasks_columns: option(choices(taskColumns), {
    group: 'Pages',
    default: taskColumns.slice(0, 10),
    help: 'Columns of the table of tasks, in order; also retries, revoked, exception, expires, eta, or all. Readers may choose their own',
  }),
  auto_refresh: option(boolean, {
    group: 'Pages',
    default: true,
    help: 'Pages follow what happens by themselves',
  }),
  natural_time: option(boolean, {
    group: 'Pages',
    default: false,
    help: 'Show times as "3 minutes ago"',
  }),
  format_task: option(taskFormatter, {
    group: 'Pages',
    default: null,
    help: 'A function that changes a task before it is shown, in a JavaScript config file',
  }),
} as const;
