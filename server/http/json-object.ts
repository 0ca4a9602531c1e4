import type { Response } from 'express';
import { sendText } from './text-stream.ts';

/**
 * Answers `{key: value, …}` in the order given, chunk by chunk. It is put together by hand, as a JavaScript object would
 * move keys like `7` to the front. Rejects as `sendText` does.
 */
export async function sendJsonObject(response: Response, chunks: AsyncIterable<[key: string, value: unknown][]>) {
  await sendText(response, 'application/json', toText(chunks));
}

async function* toText(chunks: AsyncIterable<[string, unknown][]>): AsyncGenerator<string> {
  let separator = '{';
  for await (const chunk of chunks) {
    if (chunk.length === 0) continue;
    const members = chunk.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
    yield separator + members.join(',');
    separator = ',';
  }
  yield separator === '{' ? '{}' : '}';
}
