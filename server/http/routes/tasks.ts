import type { Router } from 'express';
import {
  taskListRequest,
  taskSortKeys,
  type TaskBody,
  type TaskInfoBody,
  type TaskLinks,
  type TaskListRequest,
  type WorkflowBody,
  type WorkflowTaskBody,
} from '../../contract/tasks.ts';
import { AppError } from '../../errors.ts';
import type { TaskQueries, TaskQuery } from '../../query/queries.ts';
import { readSearch } from '../../query/read-search.ts';
import { FlowerTextError } from '../errors.ts';
import { sendJsonObject } from '../json-object.ts';
import { checkParameters, readParameters, readPathRest } from '../parameters.ts';
import { whileAsked } from '../text-stream.ts';
import { addReadRoute } from './read-route.ts';

export interface TaskRoutesOptions {
  /** How many tasks a list has, as in Flower, whatever is stored: neither limit nor offset reaches beyond. */
  maxTasks: number;
  /** Epoch seconds. */
  now: () => number;
  /** Which task a task repeats, and which repeat it. */
  linksOf: (id: string) => Promise<TaskLinks>;
}

export function addTaskRoutes(router: Router, tasks: TaskQueries, options: TaskRoutesOptions): void {
  addReadRoute(router, '/tasks', async (request, response) => {
    const query = readTaskQuery(readParameters(request.url), options);
    await sendJsonObject(response, byUuid(tasks.list(query, whileAsked(response))));
  });

  addReadRoute(router, '/task/types', async (_request, response) => {
    response.json({ 'task-types': await tasks.types() });
  });

  addReadRoute(router, '/task/info/*id', async (request, response) => {
    const id = readPathRest(request.params.id);
    const task = await findOrFail(id, (known) => tasks.find(known));
    const body: TaskInfoBody = { ...task, ...(await options.linksOf(id)) };
    response.json(body);
  });

  addReadRoute(router, '/task/events/*id', async (request, response) => {
    const id = readPathRest(request.params.id);
    response.json({ uuid: id, events: await findOrFail(id, (known) => tasks.events(known)) });
  });

  addReadRoute(router, '/task/workflow/*id', async (request, response) => {
    const id = readPathRest(request.params.id);
    const { tasks: found, cut } = await findOrFail(id, (known) => tasks.workflow(known));
    response.json({ uuid: id, tasks: found.map(toWorkflowTask), cut } satisfies WorkflowBody);
  });
}

function toWorkflowTask(task: TaskBody): WorkflowTaskBody {
  const { uuid, name, state, parent_id, root_id, sent, received, started, timestamp, runtime, retries } = task;
  return { uuid, name, state, parent_id, root_id, sent, received, started, timestamp, runtime, retries };
}

/** The query string of `GET /api/tasks` as a question to the store. */
function readTaskQuery(parameters: Record<string, string>, { maxTasks, now }: TaskRoutesOptions): TaskQuery {
  const request = checkParameters(taskListRequest, parameters);
  const { limit = maxTasks, offset = 0 } = request;
  if (limit < 0) throw new AppError('bad_request', `Invalid limit '${limit}': it must not be negative`);
  return {
    worker: toFilter(request.workername),
    name: toFilter(request.taskname),
    state: toFilter(request.state),
    receivedFrom: request.received_start,
    receivedTo: request.received_end,
    startedFrom: request.started_start,
    startedTo: request.started_end,
    sort: toSort(request.sort_by),
    search: request.search === undefined ? undefined : readSearch(request.search, { now: now() }, 'search'),
    offset,
    limit: Math.max(0, Math.min(limit, maxTasks - offset)),
  };
}

/** Flower's own page sends `All` for no filter. */
function toFilter(value: string | undefined): string | undefined {
  return value === 'All' ? undefined : value;
}

function toSort(sortBy: TaskListRequest['sort_by']): TaskQuery['sort'] {
  const key = taskSortKeys.find((each) => each === sortBy?.replace('-', ''));
  return key && { key, descending: sortBy?.startsWith('-') ?? false };
}

async function* byUuid(chunks: AsyncIterable<TaskBody[]>): AsyncGenerator<[string, TaskBody][]> {
  for await (const chunk of chunks) yield chunk.map((task) => [task.uuid, task]);
}

async function findOrFail<T>(id: string, find: (id: string) => Promise<T | undefined>): Promise<T> {
  // No engine is asked for a NUL: Postgres has none in its text.
  const found = id.includes('\0') ? undefined : await find(id);
  if (found === undefined) throw new FlowerTextError('not_found', `Unknown task '${id}'`);
  return found;
}
