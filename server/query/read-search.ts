import { AppError } from '../errors.ts';
import type { Query } from '../language/query.ts';
import { QueryError } from '../language/query-error.ts';
import { readQuery } from '../language/read-query.ts';

/** The moment at which, and the time zone in which, a query is read. */
export interface SearchClock {
  /** Epoch seconds. */
  now: number;
  /** Of times that name none, such as `Europe/Berlin`; the server's unless told. */
  zone?: string;
}

/** @throws {AppError} `bad_request`, with the position and what would be accepted there. */
export function readSearch(text: string, { now, zone = localZone() }: SearchClock, path = 'q'): Query {
  try {
    return readQuery(text, { now, zone });
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    const { message, at, end, expected } = error;
    throw new AppError('bad_request', message, [{ path, message, at, end, expected }]);
  }
}

/** Of the machine this runs on. */
export const localZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone;
