import type { MessagePort } from 'node:worker_threads';
import { AppError } from '../errors.ts';
import { openSegmentPlaces } from './open-store.ts';
import type { AskRequest, ForgetRequest, ReadRequest, ReadResponse, RowsRequest } from './reader-protocol.ts';
import type { AnswerQuestion, SegmentPlaces, Stop } from './segment-data.ts';

/**
 * Answers what comes over the port until the port closes: SQL in order and at once, a question about a segment's data
 * beside it, whenever that gives way.
 */
export function answerReads(port: MessagePort, answerQuestion: AnswerQuestion): void {
  let places: Promise<SegmentPlaces> | undefined;
  const answer = async (request: ReadRequest): Promise<ReadResponse> => {
    try {
      const open = await (places ??= openSegmentPlaces(request.kind === 'rows' ? request.file : request.place));
      return request.kind === 'rows' ? readRows(request, open) : await ask(request, open, answerQuestion);
    } catch (error) {
      return toFailure(request.id, error);
    }
  };
  port.on('message', (request: ReadRequest | ForgetRequest) => {
    if (request.kind === 'forget') void places?.then((open) => open.forget?.(request.file));
    else void answer(request).then((response) => port.postMessage(response));
  });
  port.on('close', () => void places?.then((open) => open.close()));
}

function readRows({ id, file, sql, parameters }: RowsRequest, places: SegmentPlaces): ReadResponse {
  return { id, rows: places.readRows(file, sql, parameters) };
}

async function ask(request: AskRequest, places: SegmentPlaces, answer: AnswerQuestion): Promise<ReadResponse> {
  const { id, place, question, remainingMs, sentAtMs, cancelled } = request;
  const stop: Stop = {
    deadlineMs: performance.now() + remainingMs - Math.max(0, Date.now() - sentAtMs),
    isCancelled: () => Atomics.load(cancelled, 0) !== 0,
  };
  return { id, answer: await places.use(place, (data) => answer(data, question, stop)) };
}

function toFailure(id: number, error: unknown): ReadResponse {
  const { message } = error as Error;
  return error instanceof AppError ? { id, error: message, code: error.code } : { id, error: message };
}
