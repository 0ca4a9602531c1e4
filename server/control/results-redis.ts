import { openResultKeys } from '../brokers/open-result-keys.ts';
import { readTransportOptions } from '../brokers/transport-options.ts';
import { readTaskResult } from '../celery/task-result.ts';
import type { ResultBackendOptions } from './open-result-backend.ts';
import { isReady, type KeptResult, type ResultBackend } from './results.ts';

/** Results in a Redis: a key a task, and a channel of the same name on which each change is announced. */
export function openRedisResults({
  url,
  transport,
  expiresS,
}: Pick<ResultBackendOptions, 'url' | 'transport' | 'expiresS'>): ResultBackend {
  const { globalKeyprefix = '', ...sentinel } = readTransportOptions(transport, 'result_backend_transport_options');
  const keys = openResultKeys({ url, source: 'result_backend', sentinel });
  const toKey = (uuid: string): string => `${toPrefix(globalKeyprefix)}celery-task-meta-${uuid}`;
  const isEnough = (text: string): boolean => {
    const result = readTaskResult(text);
    return result !== null && isReady(result);
  };
  return {
    tellsOfAll: true,
    async read(uuids) {
      const texts = uuids.length === 0 ? [] : await keys.read(uuids.map(toKey));
      const results = new Map<string, KeptResult>();
      uuids.forEach((uuid, index) => {
        const result = readTaskResult(texts[index] ?? '');
        if (result) results.set(uuid, result);
      });
      return results;
    },
    async wait(uuid, signal) {
      return readTaskResult((await keys.wait(toKey(uuid), isEnough, signal)) ?? '');
    },
    async abort(uuid) {
      const record = { status: 'ABORTED', result: null, traceback: null, children: null, date_done: null };
      // As Celery: what has succeeded stays so.
      const mayStay = (text: string): boolean => readTaskResult(text)?.status === 'SUCCESS';
      await keys.write(toKey(uuid), JSON.stringify({ ...record, task_id: uuid }), { ttlS: expiresS(), mayStay });
    },
    prepare: async () => null,
    close: async () => undefined,
  };
}

/** As `celery.backends.base.KeyValueStoreBackend`, since 5.3. */
function toPrefix(globalKeyprefix: string): string {
  return globalKeyprefix === '' || /[:_.-]$/.test(globalKeyprefix) ? globalKeyprefix : `${globalKeyprefix}_`;
}
