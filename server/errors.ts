import type { ErrorBody, ErrorCode } from './contract/errors.ts';

/** An error with a cause we know how to name. Everything else that is thrown is a bug, and is reported as `internal`. */
export class AppError extends Error {
  override readonly name = 'AppError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details?: ErrorBody['details'],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
