/**
 * Cursors: where a page of a search ends, as opaque text for whoever asks for the next one. In it is the query it belongs
 * to, as a hash, so that one of another query is refused, and the moment of the first page, so that `received:>24h`
 * means the same stretch of time on every page. It gives no access to anything, and is therefore not signed.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Sort, SortKey } from '../language/query.ts';
import { writeSort } from '../contract/search.ts';
import { AppError } from '../errors.ts';
import type { Position } from './search.ts';

export interface Cursor {
  direction: 'after' | 'before';
  position: Position;
  /** When the first page was asked for, epoch seconds. */
  now: number;
}

/** What a cursor belongs to: the text of the query as it was given, and the order in effect. */
export interface CursorScope {
  text: string;
  sort: Sort;
}

/** A row's place in JSON, short: hash, direction, time of the first page, sort value, segment, row id. */
const wireForm = z.tuple([
  z.string(),
  z.enum(['after', 'before']),
  z.number().nonnegative(),
  z.union([z.string(), z.number(), z.null()]),
  z.int().nonnegative(),
  z.int(),
]);

const textKeys: ReadonlySet<SortKey> = new Set(['name', 'state', 'worker']);

export function writeCursor({ direction, position, now }: Cursor, scope: CursorScope): string {
  const { value, segment, id } = position;
  const fields: z.infer<typeof wireForm> = [toHash(scope), direction, now, value, segment, id];
  return Buffer.from(JSON.stringify(fields)).toString('base64url');
}

/** @throws {AppError} `bad_request` for one of another query, or that is none at all. */
export function readCursor(text: string, scope: CursorScope): Cursor {
  const read = wireForm.safeParse(toJson(text));
  if (!read.success) throw refuse('Invalid cursor: take next or prev of an answer as it is');
  const [hash, direction, now, value, segment, id] = read.data;
  if (hash !== toHash(scope)) {
    throw refuse('Invalid cursor: it belongs to another query or sort order; ask for the first page without a cursor');
  }
  const wanted = textKeys.has(scope.sort.key) ? 'string' : 'number';
  if (value !== null && typeof value !== wanted)
    throw refuse('Invalid cursor: take next or prev of an answer as it is');
  return { direction, position: { value, segment, id }, now };
}

function toHash({ text, sort }: CursorScope): string {
  return createHash('sha256')
    .update(`${writeSort(sort)} ${text.trim()}`)
    .digest('base64url')
    .slice(0, 12);
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return undefined;
  }
}

function refuse(message: string): AppError {
  return new AppError('bad_request', message, [{ path: 'cursor', message }]);
}
