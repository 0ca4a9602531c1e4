import type { Response } from 'express';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 * Answers `{key: value, …}` in the order given, chunk by chunk, at the pace at which the client reads: a few chunks are
 * in memory at a time. It is put together by hand, as a JavaScript object would move keys like `7` to the front.
 * Rejects when the source fails: before the first byte when that is so from the start, and else with a broken answer.
 */
export async function sendJsonObject(response: Response, chunks: AsyncIterable<[key: string, value: unknown][]>) {
  const source = chunks[Symbol.asyncIterator]();
  try {
    const first = await source.next();
    response.type('application/json');
    if (response.req.method === 'HEAD') {
      response.end();
      return;
    }
    // One chunk read ahead, instead of the sixteen that are usual.
    await pipeline(Readable.from(toText(first, source), { objectMode: true, highWaterMark: 1 }), response);
  } catch (error) {
    if (!isClientGone(error)) throw error;
  } finally {
    await source.return?.();
  }
}

async function* toText<T extends [string, unknown][]>(first: IteratorResult<T, unknown>, rest: AsyncIterator<T>) {
  let separator = '{';
  for (let step = first; !step.done; step = await rest.next()) {
    if (step.value.length === 0) continue;
    const members = step.value.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
    yield separator + members.join(',');
    separator = ',';
  }
  yield separator === '{' ? '{}' : '}';
}

function isClientGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}
