import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import { AppError } from '../../errors.ts';
import { FlowerTextError } from '../errors.ts';
import { readFormParameters } from '../parameters.ts';

/** No form needs more. */
const mostFormBytes = 64 * 1024;
const readForm = express.text({ type: 'application/x-www-form-urlencoded', limit: mostFormBytes });

/** What acting routes are told of the whole: whether they may act at all. */
export interface ActOptions {
  readOnly: boolean;
}

export type ActHandler = (
  parameters: Readonly<Record<string, string>>,
  request: Request,
  response: Response,
) => Promise<void>;

/**
 * A route that answers POST, and any other method with 405. Its parameters come from the query string and from a form;
 * with `read_only` it does nothing.
 */
export function addActRoute(router: Router, path: string, { readOnly }: ActOptions, handler: ActHandler): void {
  const refuse: RequestHandler = (_request, _response, next) => {
    if (readOnly) throw new FlowerTextError('read_only', 'Read only mode is enabled');
    next();
  };
  router
    .route(path)
    .post(refuse, readForm, async (request, response) => {
      await handler(readFormParameters(request.url, request.body), request, response);
    })
    .all((request, response) => {
      response.set('Allow', 'POST, OPTIONS');
      throw new AppError('method_not_allowed', `${request.method} is not for this address: POST is`);
    });
}
