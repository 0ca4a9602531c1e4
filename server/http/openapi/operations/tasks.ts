import { taskListRequest, taskSortKeys } from '../../../contract/tasks.ts';
import { described, type Operation } from '../operation.ts';

const unknownTask = { 404: 'text', 503: 'json' } as const;
const minute = (what: string): string => `Only tasks ${what}; \`YYYY-MM-DD HH:MM\` in the server’s time zone`;

export const taskOperations: readonly Operation[] = [
  {
    id: 'listTasks',
    tag: 'Tasks',
    method: 'get',
    path: '/api/tasks',
    summary: 'Tasks, newest first',
    description: 'An empty parameter counts as absent, and `All` for no filter, as in Flower.',
    query: described(taskListRequest, {
      limit: 'How many tasks at most; `--max-tasks` unless told',
      offset: 'How many to leave out first; never beyond `--max-tasks`',
      sort_by: `One of ${taskSortKeys.join(', ')}, with \`-\` in front for descending`,
      workername: 'Only tasks of this worker',
      taskname: 'Only tasks of this name',
      state: 'Only tasks in this state',
      received_start: minute('received then or later'),
      received_end: minute('received then or before'),
      started_start: minute('started then or later'),
      started_end: minute('started then or before'),
      search: 'Only tasks that this search finds',
    }),
    answer: { json: 'TaskListBody' },
    refusals: { 503: 'json' },
  },
  {
    id: 'readTask',
    tag: 'Tasks',
    method: 'get',
    path: '/api/task/info/*id',
    summary: 'One task',
    rest: 'The id of a task',
    answer: { json: 'TaskInfoBody' },
    refusals: unknownTask,
  },
  {
    id: 'readTaskEvents',
    tag: 'Tasks',
    method: 'get',
    path: '/api/task/events/*id',
    summary: 'All stored events of a task, in order',
    rest: 'The id of a task',
    answer: { json: 'TaskEventsBody' },
    refusals: unknownTask,
  },
  {
    id: 'readWorkflow',
    tag: 'Tasks',
    method: 'get',
    path: '/api/task/workflow/*id',
    summary: 'The tasks that a task belongs with: its root, and what came of that',
    rest: 'The id of a task',
    answer: { json: 'WorkflowBody' },
    refusals: unknownTask,
  },
  {
    id: 'listTaskTypes',
    tag: 'Tasks',
    method: 'get',
    path: '/api/task/types',
    summary: 'The names of all tasks ever seen',
    answer: { json: 'TaskTypesBody' },
    refusals: { 503: 'json' },
  },
];
