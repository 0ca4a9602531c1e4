import type { ErrorRequestHandler } from 'express';
import type { ErrorBody, ErrorCode } from '../contract/errors.ts';
import { AppError } from '../errors.ts';
import type { Log } from '../log.ts';

/** Total: a new code does not compile until it has its status here. */
export const statusOfCode: Record<ErrorCode, number> = {
  bad_request: 400,
  unauthenticated: 401,
  unauthenticated_api: 401,
  forbidden: 403,
  read_only: 403,
  not_found: 404,
  method_not_allowed: 405,
  too_large: 413,
  // Nobody reads it: whoever asked is gone.
  cancelled: 499,
  internal: 500,
  bad_config: 500,
  not_supported: 501,
  broker_unavailable: 503,
  store_unavailable: 503,
};

/** An error that Flower answers as a plain sentence, where scripts look for exactly that, and not as JSON. */
export class FlowerTextError extends AppError {}

/**
 * What an error says to the caller. The framework's own complaints about a request (a path that cannot be decoded)
 * carry a status below 500; all other unknown errors are bugs, and their text is for the log only.
 */
function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new AppError(status === 413 ? 'too_large' : 'bad_request', (error as Error).message);
  }
  return new AppError('internal', 'Something went wrong here; the log of the server says what.');
}

/** Answers every error of every route. An answer that has begun can only be broken off, so that nobody takes it for whole. */
export function openErrorHandler(log: Pick<Log, 'error' | 'warn'>): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const known = toAppError(error);
    const status = statusOfCode[known.code];
    if (status >= 500 && known.code !== 'not_supported') {
      const write = known.code === 'internal' ? log.error : log.warn;
      write('A request failed', { error, method: request.method, path: request.path });
    }
    if (response.headersSent) {
      response.destroy();
      return;
    }
    // What the answer would have been is not what it is now: a file to be saved, for one.
    for (const name of ['Content-Type', 'Content-Disposition']) response.removeHeader(name);
    response.status(status);
    if (known instanceof FlowerTextError) response.type('text/plain').send(known.message);
    else response.json(toErrorBody(known));
  };
}

function toErrorBody({ code, message, details }: AppError): ErrorBody {
  return details ? { error: message, code, details } : { error: message, code };
}
