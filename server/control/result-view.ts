/**
 * What came of a task, as the API shows it. In: ids. Out: answers in Flower's form, from the result backend, without what
 * is to be redacted; as many wait at a time as this process can bear.
 */
import { PythonFloat } from '../python/python-float.ts';
import { toPythonJson } from '../python/python-json-text.ts';
import type { ResultBody } from '../contract/publish.ts';
import { AppError } from '../errors.ts';
import { isReady, type KeptResult, type ResultBackend } from './results.ts';

/** An answer, and the same as JSON, in which integers of any size are whole. */
export interface ShownResult {
  body: ResultBody;
  json: string;
}

export interface ResultView {
  /** As of now. @throws {AppError} `store_unavailable` */
  show(id: string): Promise<ShownResult>;
  /** When the task has ended, or when `signal` says that it must do. @throws {AppError} `store_unavailable` */
  wait(id: string, signal: AbortSignal): Promise<ShownResult>;
  /** @throws {AppError} `store_unavailable` when no more may wait */
  checkRoom(): void;
  /** Tells a task that looks for it to end itself. @throws {AppError} `store_unavailable` */
  abort(id: string): Promise<void>;
}

/** Each takes two connections to a Redis. */
const mostWaiting = 200;

/** `redact`: of a plain value, what may be seen. */
export function openResultView(backend: ResultBackend, redact: ((value: unknown) => unknown) | null): ResultView {
  let waiting = 0;
  const toShown = (id: string, result: KeptResult | null | undefined): ShownResult => {
    const body = toBody(id, result ?? null, redact);
    return { body, json: toPythonJson(body) };
  };
  const checkRoom = (): void => {
    if (waiting < mostWaiting) return;
    throw new AppError('store_unavailable', `${mostWaiting} requests wait for a result already: try again later.`);
  };
  return {
    checkRoom,
    show: async (id) => toShown(id, (await backend.read([id])).get(id)),
    async wait(id, signal) {
      checkRoom();
      waiting++;
      try {
        return toShown(id, await backend.wait(id, signal));
      } finally {
        waiting--;
      }
    },
    abort: (id) => backend.abort(id),
  };
}

function toBody(id: string, result: KeptResult | null, redact: ((value: unknown) => unknown) | null): ResultBody {
  const body: ResultBody = { 'task-id': id, state: result?.status ?? 'PENDING' };
  if (!result || !isReady(result)) return body;
  const show = (value: unknown): unknown => (redact ? redact(toJsonValue(value, true)) : toJsonValue(value, false));
  body.result = show(result.value);
  if (result.status === 'FAILURE') body.traceback = show(result.traceback) as string | null;
  return body;
}

/** What JSON has no number for becomes its name; with `plainly`, also what JavaScript has none for. */
function toJsonValue(value: unknown, plainly: boolean): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (typeof value === 'bigint') return plainly ? value.toString() : value;
  if (value instanceof PythonFloat) return plainly ? value.value : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => toJsonValue(item, plainly));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJsonValue(item, plainly)]));
}
