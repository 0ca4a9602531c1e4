import type { Response } from 'express';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../errors.ts';

/**
 * Answers with text, piece by piece, at the pace at which the client reads: a few pieces are in memory at a time.
 * Rejects when the source fails: before the first byte when that is so from the start, and else with a broken answer.
 * A client that leaves is no error, and ends the source.
 */
export async function sendText(response: Response, type: string, pieces: AsyncIterable<string>): Promise<void> {
  const source = pieces[Symbol.asyncIterator]();
  try {
    const first = await source.next();
    response.type(type);
    if (response.req.method === 'HEAD') {
      response.end();
      return;
    }
    // One piece read ahead, instead of the sixteen that are usual.
    await pipeline(Readable.from(resume(first, source), { objectMode: true, highWaterMark: 1 }), response);
  } catch (error) {
    if (!isClientGone(error, response)) throw error;
  } finally {
    await source.return?.();
  }
}

async function* resume(first: IteratorResult<string, unknown>, rest: AsyncIterator<string>): AsyncGenerator<string> {
  for (let step = first; !step.done; step = await rest.next()) yield step.value;
}

/** The pipeline says so where the answer has begun; where it has not, the source was told to stop, and rejects. */
function isClientGone(error: unknown, response: Response): boolean {
  if (error instanceof AppError && error.code === 'cancelled') return response.destroyed;
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}

/** Aborted when the client leaves before it has its answer. */
export function whileAsked(response: Response): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}
