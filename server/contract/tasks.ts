import { z } from 'zod';
import { wholeNumber } from './parameters.ts';

/**
 * One task as Flower's API shows it, key for key. Times are epoch seconds with fractions.
 * `args`, `kwargs` and `result` are the Python reprs the worker sent.
 */
export interface TaskBody {
  uuid: string;
  name: string | null;
  state: string;
  received: number | null;
  sent: number | null;
  started: number | null;
  rejected: number | null;
  succeeded: number | null;
  failed: number | null;
  retried: number | null;
  revoked: number | null;
  args: string | null;
  kwargs: string | null;
  eta: string | null;
  expires: string | null;
  retries: number | null;
  result: string | null;
  exception: string | null;
  /** When the event that decided the state was made. */
  timestamp: number | null;
  /** Seconds. */
  runtime: number | null;
  traceback: string | null;
  exchange: string | null;
  routing_key: string | null;
  clock: number;
  client: string | null;
  root: string | null;
  root_id: string | null;
  parent: string | null;
  parent_id: string | null;
  children: string[];
  /** Host name of the worker; absent while unknown. */
  worker?: string;
  /**
   * Which of these fields no event told, but a worker or the result backend did when asked, or a worker's silence.
   * Absent when there are none.
   */
  inferred?: string[];
}

/** Every field of a task, in the order in which it has them. */
export const taskFields = [
  'uuid',
  'name',
  'state',
  'received',
  'sent',
  'started',
  'rejected',
  'succeeded',
  'failed',
  'retried',
  'revoked',
  'args',
  'kwargs',
  'eta',
  'expires',
  'retries',
  'result',
  'exception',
  'timestamp',
  'runtime',
  'traceback',
  'exchange',
  'routing_key',
  'clock',
  'client',
  'root',
  'root_id',
  'parent',
  'parent_id',
  'children',
  'worker',
  'inferred',
] as const satisfies readonly (keyof TaskBody)[];
export type TaskField = (typeof taskFields)[number];

/** The fields in epoch seconds, which a table or a spreadsheet would else show as such. */
export const timeFields: ReadonlySet<TaskField> = new Set([
  'received',
  'sent',
  'started',
  'rejected',
  'succeeded',
  'failed',
  'retried',
  'revoked',
  'timestamp',
]);

/** What `POST /api/task/retry/ID` has made: absent where there is none. */
export interface TaskLinks {
  /** The task that this one repeats. */
  retry_of?: string;
  /** The tasks that repeat this one, oldest first. */
  retried_as?: string[];
}

/** `GET /api/task/info/ID` */
export type TaskInfoBody = TaskBody & TaskLinks;

/** One stored event of a task, in the form in which the worker sent it. */
export interface TaskEventBody {
  type: string;
  uuid: string;
  hostname: string;
  timestamp: number;
  clock: number | null;
  pid: number | null;
  [field: string]: unknown;
}

/** `GET /api/task/events/ID` */
export interface TaskEventsBody {
  uuid: string;
  events: TaskEventBody[];
}

/** One task of a workflow; what is missing here, the task's own address tells. */
export type WorkflowTaskBody = Pick<
  TaskBody,
  | 'uuid'
  | 'name'
  | 'state'
  | 'parent_id'
  | 'root_id'
  | 'sent'
  | 'received'
  | 'started'
  | 'timestamp'
  | 'runtime'
  | 'retries'
>;

/** `GET /api/task/workflow/ID`: the task, its ancestors, its children, and what else began with the same root. */
export interface WorkflowBody {
  uuid: string;
  tasks: WorkflowTaskBody[];
  /** There are more. */
  cut: boolean;
}

/** `GET /api/task/types` */
export interface TaskTypesBody {
  'task-types': string[];
}

export const taskSortKeys = ['name', 'state', 'received', 'started'] as const;
export type TaskSortKey = (typeof taskSortKeys)[number];

/** `YYYY-MM-DD HH:MM`, in the server's time zone, as Flower reads it → epoch seconds. */
const localMinute = z.string().transform((text, context): number => {
  const match = /^(\d{4})-(\d{2})-(\d{2}) (\d{2}):(\d{2})$/.exec(text.trim());
  if (match) {
    const [year, month, day, hour, minute] = match.slice(1).map(Number) as [number, number, number, number, number];
    const date = new Date(year, month - 1, day, hour, minute);
    if (date.getMonth() === month - 1 && date.getDate() === day && hour < 24 && minute < 60)
      return date.getTime() / 1000;
  }
  context.addIssue({ code: 'custom', message: `'${text}' is no date of the form YYYY-MM-DD HH:MM` });
  return z.NEVER;
});

/** The query string of `GET /api/tasks`. An empty parameter counts as absent, as in Flower. */
export const taskListRequest = z.object({
  limit: wholeNumber('limit').optional(),
  offset: wholeNumber('offset')
    .transform((n) => Math.max(0, n))
    .optional(),
  sort_by: z
    .string()
    .regex(new RegExp(`^-?(${taskSortKeys.join('|')})$`), {
      error: (issue) =>
        `Invalid sort_by '${String(issue.input)}': one of ${taskSortKeys.join(', ')}, with - in front for descending`,
    })
    .optional(),
  workername: z.string().optional(),
  taskname: z.string().optional(),
  state: z.string().optional(),
  received_start: localMinute.optional(),
  received_end: localMinute.optional(),
  started_start: localMinute.optional(),
  started_end: localMinute.optional(),
  search: z.string().optional(),
});

export type TaskListRequest = z.infer<typeof taskListRequest>;
