import type { Task } from '../../server/domain/task.ts';
import { taskColumns, toTaskValues, type TaskRow } from '../../server/store/task-row.ts';

/** The row that a store would keep of a task, but for its id. */
export function toTaskRow(task: Task): Omit<TaskRow, 'id'> {
  const values = toTaskValues(task);
  return Object.fromEntries(taskColumns.map((column, i) => [column, values[i]])) as unknown as Omit<TaskRow, 'id'>;
}
