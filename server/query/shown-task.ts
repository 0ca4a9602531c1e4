import type { TaskBody, TaskEventBody } from '../contract/tasks.ts';
import type { TaskQueries } from './queries.ts';
import type { SearchQueries } from './search.ts';

/**
 * How tasks leave the server: through the function of the config file that changes them, `format_task`.
 *
 * In: tasks as they are stored. Out: tasks as they are to be seen, in lists, alone, live, and in their events. The
 * function may be there to hide something: when it throws, or answers with what is no task, what it might have hidden is
 * not shown. What it changes is display only: filters and sort orders see what is stored.
 */

/** A task as it is to be seen. */
export type ShowTask = (task: TaskBody) => TaskBody;

export interface ShowTaskOptions {
  /** Gets a copy, by Flower's names; changes it, or answers with another. */
  format: (task: object) => unknown;
  warn: (message: string, fields: Readonly<Record<string, unknown>>) => void;
  /** By a clock that never jumps. */
  nowMs?: () => number;
}

const warnEveryMs = 60_000;

export function openShowTask({ format, warn, nowMs = () => performance.now() }: ShowTaskOptions): ShowTask {
  let warnedMs = -Infinity;
  return (task) => {
    try {
      const copy = { ...task, children: [...task.children] };
      const answer = format(copy);
      return readShown(task, answer === undefined ? copy : answer);
    } catch (error) {
      if (nowMs() - warnedMs >= warnEveryMs) {
        warnedMs = nowMs();
        // Its message may quote what it was to hide.
        warn('format_task failed: arguments, results and errors of tasks are not shown', whereFailed(error));
      }
      return hide(task);
    }
  };
}

/** The same questions, answered with tasks as they are to be seen. */
export function showTasks(tasks: TaskQueries, show: ShowTask): TaskQueries {
  return {
    ...tasks,
    async *list(query, signal) {
      for await (const chunk of tasks.list(query, signal)) yield chunk.map(show);
    },
    async find(uuid) {
      const task = await tasks.find(uuid);
      return task && show(task);
    },
    async workflow(uuid) {
      const workflow = await tasks.workflow(uuid);
      return workflow && { ...workflow, tasks: workflow.tasks.map(show) };
    },
    async events(uuid) {
      const [task, events] = await Promise.all([tasks.find(uuid), tasks.events(uuid)]);
      return task && events?.map((event) => showEvent(event, task, show));
    },
  };
}

/** The same for searches. What they count, and sort and filter by, is what is stored. */
export function showSearch(search: SearchQueries, show: ShowTask): SearchQueries {
  return {
    page: async (request, budget) => {
      const page = await search.page(request, budget);
      return { ...page, tasks: page.tasks.map(show) };
    },
    count: (where, budget) => search.count(where, budget),
    facets: (where, fields, limit, budget) => search.facets(where, fields, limit, budget),
    histogram: (where, range, budget) => search.histogram(where, range, budget),
    runtimes: (where, range, budget) => search.runtimes(where, range, budget),
    async *stream(where, sort, signal) {
      for await (const chunk of search.stream(where, sort, signal)) yield chunk.map(show);
    },
    explain: (request) => search.explain(request),
  };
}

/** Fields of a task that a person may want to hide, and that its events have too. */
const toldFields = ['args', 'kwargs', 'result', 'exception', 'traceback'] as const;

/** As the task would be seen if the event's values were its own. */
function showEvent(event: TaskEventBody, task: TaskBody, show: ShowTask): TaskEventBody {
  const told = toldFields.filter((field) => field in event && event[field] !== null);
  if (told.length === 0) return event;
  const values = Object.fromEntries(told.map((field) => [field, toText(event[field])]));
  const shown = show({ ...task, ...values });
  const changed = told.filter((field) => shown[field] !== values[field]);
  return { ...event, ...Object.fromEntries(changed.map((field) => [field, shown[field]])) };
}

const hidden = '[hidden: format_task failed]';

function hide(task: TaskBody): TaskBody {
  const blank = toldFields.filter((field) => task[field] !== null).map((field) => [field, hidden]);
  return { ...task, ...(Object.fromEntries(blank) as Partial<TaskBody>) };
}

/** A task that says which one it is, with fields of their types, whatever the function made of them. */
function readShown(task: TaskBody, answer: unknown): TaskBody {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer) || 'then' in answer) {
    throw new TypeError('format_task returns no task');
  }
  const given = answer as Readonly<Record<string, unknown>>;
  const shown: Record<string, unknown> = { ...task };
  for (const field in shown) shown[field] = readField(field, shown[field], given[field]);
  return shown as unknown as TaskBody;
}

const keptFields: ReadonlySet<string> = new Set(['uuid', 'clock', 'inferred']);
const numberFields: ReadonlySet<string> = new Set(
  'received sent started rejected succeeded failed retried revoked retries timestamp runtime'.split(' '),
);

function readField(field: string, stored: unknown, given: unknown): unknown {
  if (keptFields.has(field)) return stored;
  if (field === 'children') return Array.isArray(given) ? given.filter((id) => typeof id === 'string') : [];
  if (numberFields.has(field)) return typeof given === 'number' && Number.isFinite(given) ? given : null;
  if (field === 'state') return typeof given === 'string' ? given : stored;
  return toText(given);
}

function toText(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? null);
}

function whereFailed(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof Error)) return { error: typeof error };
  return { error: error.name, at: /\n\s*at (.*)/.exec(error.stack ?? '')?.[1] };
}
