/**
 * In: ids of tasks. Out: what the result backend keeps of them. It only reads.
 */
import { openKeyReader, type KeyReader } from '../brokers/open-key-reader.ts';
import { readTransportOptions } from '../brokers/transport-options.ts';
import { readTaskResult, type TaskResult } from '../celery/task-result.ts';

export type { TaskResult } from '../celery/task-result.ts';

export interface ResultReader {
  /**
   * By id; a task of which nothing is kept is not in it.
   * @throws {AppError} `store_unavailable`
   */
  read(uuids: readonly string[]): Promise<Map<string, TaskResult>>;
}

export interface ResultReaderOptions {
  /** Celery's `result_backend`. */
  url: string;
  /** Celery's `result_backend_transport_options`. */
  transport?: Readonly<Record<string, unknown>>;
}

/** Whether a result backend is one that can be read: those in Redis. */
export function isReadable(url: string): boolean {
  return /^(redis|rediss|redis\+socket|sentinel):\/\//.test(url);
}

/** Nothing is connected before the first read. @throws {AppError} `bad_config` */
export function openResultReader({ url, transport = {} }: ResultReaderOptions): ResultReader {
  const { globalKeyprefix = '', ...sentinel } = readTransportOptions(transport, 'result_backend_transport_options');
  const keys = openKeyReader({ url, source: 'result_backend', sentinel });
  return { read: (uuids) => readResults(keys, toPrefix(globalKeyprefix), uuids) };
}

/** As `celery.backends.base.KeyValueStoreBackend`, since 5.3. */
function toPrefix(globalKeyprefix: string): string {
  return globalKeyprefix === '' || /[:_.-]$/.test(globalKeyprefix) ? globalKeyprefix : `${globalKeyprefix}_`;
}

async function readResults(
  keys: KeyReader,
  prefix: string,
  uuids: readonly string[],
): Promise<Map<string, TaskResult>> {
  const results = new Map<string, TaskResult>();
  if (uuids.length === 0) return results;
  const texts = await keys.read(uuids.map((uuid) => `${prefix}celery-task-meta-${uuid}`));
  uuids.forEach((uuid, index) => {
    const text = texts[index];
    const result = typeof text === 'string' ? readTaskResult(text) : null;
    if (result) results.set(uuid, result);
  });
  return results;
}
