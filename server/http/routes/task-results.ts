import type { Request, Response, Router } from 'express';
import type { MessageBody } from '../../contract/control.ts';
import { longestWaitS, resultRequest } from '../../contract/publish.ts';
import type { ResultView, ShownResult } from '../../control/result-view.ts';
import { AppError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { checkParameters, readParameters, readPathRest } from '../parameters.ts';
import { addActRoute, type ActOptions } from './act-route.ts';
import { addReadRoute } from './read-route.ts';

/** What came of a task, and the state that asks one to end itself. `results`: null without a result backend. */
export function addTaskResultRoutes(
  router: Router,
  options: ActOptions,
  { results, log }: { results: ResultView | null; log: Log },
): void {
  addReadRoute(router, '/task/result/*id', async (request, response) => {
    const id = readPathRest(request.params['id']);
    const { timeout } = checkParameters(resultRequest, readParameters(request.url));
    const backend = demandResults(results);
    const shown = timeout === undefined ? await backend.show(id) : await waitFor(backend, id, timeout, response);
    sendResult(response, shown);
  });

  addActRoute(router, '/task/abort/*id', options, async (_parameters, request: Request, response) => {
    const id = readPathRest(request.params['id']);
    await demandResults(results).abort(id);
    log.info('a task was asked to abort', { id });
    response.json({ message: `Aborted '${id}'` } satisfies MessageBody);
  });
}

/** @throws {AppError} as Flower, 503 */
export function demandResults(results: ResultView | null): ResultView {
  if (results !== null) return results;
  throw new AppError('store_unavailable', 'No result backend is configured: set --result-backend');
}

/** For `timeoutS` at most, and for as long as the client is there. */
export async function waitFor(
  results: ResultView,
  id: string,
  timeoutS: number | undefined,
  response: Response,
): Promise<ShownResult> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  // The server's own limit is for clients that neither send nor read; this one waits, and says so.
  response.setTimeout(0);
  const timer = setTimeout(() => gone.abort(), (timeoutS ?? longestWaitS) * 1000);
  try {
    return await results.wait(id, gone.signal);
  } finally {
    clearTimeout(timer);
  }
}

export function sendResult(response: Response, { json }: ShownResult): void {
  if (!response.destroyed) response.type('application/json').send(json);
}
