import { AppError } from '../errors.ts';

/** Errors that have a cause we know are told by it; anything else is a bug, and tells where it is. */
export function toTroubleText(error: unknown): string {
  if (error instanceof AppError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
