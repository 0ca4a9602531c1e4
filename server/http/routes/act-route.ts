import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import { AppError } from '../../errors.ts';
import { FlowerTextError } from '../errors.ts';
import { readFormParameters } from '../parameters.ts';

/** No form needs more. */
const mostFormBytes = 64 * 1024;
/** As long as any body may be: see the limit of the whole site. */
const mostJsonBytes = 1024 * 1024;
// Flower looks at no content type either, and many a script's `curl -d` says that it sends a form.
const readText = express.text({ type: () => true, limit: mostJsonBytes });
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

/** `text`: the body, whatever its type. */
export type JsonActHandler = (text: string, request: Request, response: Response) => Promise<void>;

/**
 * A route that answers POST, and any other method with 405. Its parameters come from the query string and from a form;
 * with `read_only` it does nothing.
 */
export function addActRoute(router: Router, path: string, options: ActOptions, handler: ActHandler): void {
  addPostRoute(router, path, options, [
    readForm,
    async (request, response) => {
      const parameters = readFormParameters(request.url, request.body);
      await handler(parameters, request, response).catch(failAsText);
    },
  ]);
}

/** The same for bodies that are JSON, or empty. */
export function addJsonActRoute(router: Router, path: string, options: ActOptions, handler: JsonActHandler): void {
  addPostRoute(router, path, options, [
    readText,
    async (request, response) => {
      const body: unknown = request.body;
      await handler(typeof body === 'string' ? body : '', request, response);
    },
  ]);
}

function addPostRoute(router: Router, path: string, { readOnly }: ActOptions, handlers: RequestHandler[]): void {
  const refuse: RequestHandler = (_request, _response, next) => {
    if (readOnly) throw new FlowerTextError('read_only', 'Read only mode is enabled');
    next();
  };
  router
    .route(path)
    .post(refuse, ...handlers)
    .all((request, response) => {
      response.set('Allow', 'POST, OPTIONS');
      throw new AppError('method_not_allowed', `${request.method} is not for this address: POST is`);
    });
}

/** Whatever is wrong with an order is said as Flower says it: as plain text. */
function failAsText(error: unknown): never {
  if (!(error instanceof AppError) || error.code !== 'bad_request') throw error;
  throw new FlowerTextError(error.code, error.message, error.details);
}
