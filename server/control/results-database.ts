import { setTimeout as sleep } from 'node:timers/promises';
import type { ResultTable } from '../brokers/open-result-table.ts';
import { toTaskResult } from '../celery/task-result.ts';
import { isReady, type KeptResult, type ResultBackend } from './results.ts';

/** A database announces nothing: who waits looks again, a little less often each time. */
const firstPauseMs = 50;
const longestPauseMs = 500;

/** Results in a table. */
export function openDatabaseResults(table: ResultTable): ResultBackend {
  const read: ResultBackend['read'] = async (uuids) => {
    const rows = uuids.length === 0 ? [] : await table.read(uuids);
    return new Map<string, KeptResult>(
      rows.map((row) => [row.task_id, toTaskResult({ ...row, dateDone: toIso(row.date_done) })]),
    );
  };
  return {
    tellsOfAll: true,
    read,
    async wait(uuid, signal) {
      for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 1.5, longestPauseMs)) {
        const result = (await read([uuid])).get(uuid) ?? null;
        if (signal.aborted || (result && isReady(result))) return result;
        await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
      }
    },
    abort: (uuid) => table.abort(uuid),
    prepare: async () => null,
    close: () => table.close(),
  };
}

/** `2026-11-20 05:16:37.307189`, in UTC. */
function toIso(dateDone: string | null): string | null {
  return dateDone === null ? null : dateDone.replace(' ', 'T');
}
