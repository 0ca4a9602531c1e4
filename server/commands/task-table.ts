/** In: tasks. Out: a table of them, see `text-table.ts`. */
import { timeFields, type TaskBody, type TaskField } from '../contract/tasks.ts';
import { toStateStyle, toTextTable, type TableOptions } from './text-table.ts';

export interface TaskTableOptions extends TableOptions {
  columns: readonly TaskField[];
}

export const tableColumns = ['received', 'state', 'name', 'args', 'kwargs', 'runtime', 'worker', 'uuid'] as const;

/** Of no use when they are cut. */
const rigidColumns: ReadonlySet<TaskField> = new Set([...timeFields, 'state', 'runtime', 'retries', 'clock']);

export function toTable(tasks: readonly Partial<TaskBody>[], { columns, ...options }: TaskTableOptions): string {
  const headed = columns.map((name) => ({
    name,
    isRigid: rigidColumns.has(name),
    style: name === 'state' ? toStateStyle : undefined,
  }));
  const cells = tasks.map((task) => columns.map((field) => toCell(field, task[field])));
  return toTextTable(headed, cells, options);
}

function toCell(field: TaskField, value: TaskBody[TaskField]): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.join(' ');
  if (typeof value === 'string') return value;
  if (field === 'runtime') return `${value.toFixed(3)} s`;
  return timeFields.has(field) ? toLocalTime(value) : String(value);
}

/** To the second, in the time zone of whoever reads it. */
export function toLocalTime(epochSeconds: number): string {
  const date = new Date(epochSeconds * 1000);
  // Swedish writes dates as ISO 8601 does.
  return Number.isNaN(date.getTime()) ? String(epochSeconds) : date.toLocaleString('sv-SE');
}
