import type { Router } from 'express';
import { isName } from '../../contract/names.ts';
import {
  publishRequest,
  resultRequest,
  retryRequest,
  type RetriedBody,
  type SentBody,
} from '../../contract/publish.ts';
import type { TaskLinks } from '../../contract/tasks.ts';
import { readCallBody } from '../../control/call-body.ts';
import type { Publisher } from '../../control/publisher.ts';
import type { RecordedTask, Reruns } from '../../control/reruns.ts';
import type { ResultView } from '../../control/result-view.ts';
import { AppError } from '../../errors.ts';
import { FlowerTextError } from '../errors.ts';
import { checkParameters, readParameters, readPathRest } from '../parameters.ts';
import { addJsonActRoute, type ActOptions } from './act-route.ts';
import { checkTaskName, type Cluster } from './known.ts';
import { demandResults, sendResult, waitFor } from './task-results.ts';

/** The way to tasks that are to be made, and to what came of them. */
export interface CallServices {
  publisher: Publisher;
  reruns: Reruns;
  /** As recorded, whatever is made of it to be shown; undefined: never seen. */
  findRecorded: (id: string) => Promise<RecordedTask | undefined>;
  /** null without a result backend. */
  results: ResultView | null;
  linksOf: (id: string) => Promise<TaskLinks>;
}

type PublishServices = CallServices & Pick<Cluster, 'inspector' | 'tasks' | 'log'>;

/** Everything that makes a task. */
export function addTaskPublishRoutes(router: Router, options: ActOptions, services: PublishServices): void {
  const { results, reruns, findRecorded, log } = services;

  addJsonActRoute(router, '/task/apply/*name', options, async (text, request, response) => {
    const { timeout } = checkParameters(resultRequest, readParameters(request.url));
    const task = readTaskName(request.params['name']);
    const backend = demandResults(results);
    await checkTaskName(task, services);
    backend.checkRoom();
    const id = await publish(services, task, text);
    sendResult(response, await waitFor(backend, id, timeout, response));
  });

  addJsonActRoute(router, '/task/async-apply/*name', options, async (text, request, response) => {
    const task = readTaskName(request.params['name']);
    await checkTaskName(task, services);
    response.json(await toSentBody(await publish(services, task, text), results));
  });

  addJsonActRoute(router, '/task/send-task/*name', options, async (text, request, response) => {
    const task = readTaskName(request.params['name']);
    response.json(await toSentBody(await publish(services, task, text), results));
  });

  addJsonActRoute(router, '/task/retry/*id', options, async (text, request, response) => {
    const id = readPathRest(request.params['id']);
    const changes = readCallBody(retryRequest, text);
    const task = id.includes('\0') ? undefined : await findRecorded(id);
    if (task === undefined) throw new FlowerTextError('not_found', `Unknown task '${id}'`);
    const made = await reruns.run(id, task, changes);
    log.info('a task was sent again', { id, task: task.name, made });
    response.json({ ...(await toSentBody(made, results)), retry_of: id } satisfies RetriedBody);
  });
}

async function publish({ publisher, log }: PublishServices, task: string, text: string): Promise<string> {
  const { args, kwargs, ...options } = readCallBody(publishRequest, text);
  const id = await publisher.publish({ task, args, kwargs, options });
  log.info('a task was sent', { id, task });
  return id;
}

function readTaskName(segments: string | string[] | undefined): string {
  const name = readPathRest(segments);
  if (isName(name)) return name;
  throw new AppError('bad_request', 'The name of a task must be text of 1 to 255 bytes without control characters');
}

/** It was sent, whatever becomes of the question after its state. */
async function toSentBody(id: string, results: ResultView | null): Promise<SentBody> {
  const shown = await results?.show(id).catch(() => undefined);
  return shown ? { 'task-id': id, state: shown.body.state } : { 'task-id': id };
}
