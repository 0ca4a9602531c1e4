import type { ErrorBody, ErrorCode } from '../../../server/contract/errors.ts';

/** The server's codes, and the two that only a caller can meet: no answer at all, and one that is not Herbarium's. */
export type ApiErrorCode = ErrorCode | 'unreachable' | 'bad_answer';

export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly code: ApiErrorCode,
    message: string,
    readonly details: ErrorBody['details'] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Why something failed, as what the pages know how to show. */
export function toApiError(reason: unknown): ApiError {
  return reason instanceof ApiError ? reason : new ApiError('internal', String(reason));
}

/** For what a proxy in front answers in its own words. */
const codesByStatus: Record<number, ErrorCode> = {
  400: 'bad_request',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'too_large',
  503: 'store_unavailable',
};

function isErrorBody(body: unknown): body is ErrorBody {
  return (
    typeof body === 'object' && body !== null && 'error' in body && typeof body.error === 'string' && 'code' in body
  );
}

/** Some refusals come in Flower's words, as plain text; of those with status 401 this one is about the API, not the reader. */
const closedApiText = 'FLOWER_UNAUTHENTICATED_API';

/** An answer that is not 2xx → the error it reports. */
export function readErrorAnswer(status: number, text: string): ApiError {
  const body = readJson(text);
  if (isErrorBody(body)) return new ApiError(body.code, body.error, body.details);
  if (status === 401 && text.startsWith(closedApiText)) return new ApiError('unauthenticated_api', text.trim());
  const isPlain = text.trim() !== '' && text.length < 300 && !text.trimStart().startsWith('<');
  return new ApiError(codesByStatus[status] ?? 'internal', isPlain ? text.trim() : `The server answered ${status}.`);
}

/** `undefined`: it is not JSON. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
