import { setTimeout as sleep } from 'node:timers/promises';
import type { ReplyBox } from '../brokers/open-reply-box.ts';
import type { Message } from '../brokers/session.ts';
import { readEnvelope } from '../celery/envelope.ts';
import { readTaskResult } from '../celery/task-result.ts';
import { AppError } from '../errors.ts';
import { isReady, type KeptResult, type ResultBackend } from './results.ts';

/** Each look is a connection to the broker. */
const firstPauseMs = 100;
const longestPauseMs = 1000;
const mostKept = 10_000;

/** Results that workers send to whoever sent the task: of tasks that others sent nothing is known here. */
export function openRpcResults(box: ReplyBox): ResultBackend {
  const kept = new Map<string, KeptResult>();
  let made: Promise<void> | undefined;
  let looking: Promise<void> | undefined;
  const take = (message: Message): void => {
    const found = readReply(message);
    if (!found) return;
    kept.delete(found.id);
    kept.set(found.id, found.result);
    const oldest = kept.size > mostKept ? kept.keys().next().value : undefined;
    if (oldest !== undefined) kept.delete(oldest);
  };
  // However many wait, one looks.
  const look = (): Promise<void> => {
    looking ??= box.empty(take).finally(() => (looking = undefined));
    return looking;
  };
  const prepare = async (): Promise<string> => {
    made ??= box.open();
    made.catch(() => (made = undefined));
    await made;
    return box.name;
  };
  return {
    tellsOfAll: false,
    prepare,
    async read(uuids) {
      if (made !== undefined && uuids.length > 0) await look();
      return new Map(uuids.flatMap((uuid) => (kept.has(uuid) ? [[uuid, kept.get(uuid)!]] : [])));
    },
    async wait(uuid, signal) {
      for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 1.3, longestPauseMs)) {
        if (made !== undefined) await look();
        const result = kept.get(uuid) ?? null;
        if (signal.aborted || (result && isReady(result))) return result;
        await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
      }
    },
    async abort() {
      throw new AppError(
        'store_unavailable',
        'A result backend of rpc:// keeps no states: nothing can be aborted there.',
      );
    },
    close: () => box.close(),
  };
}

function readReply({ body, envelope }: Message): { id: string; result: KeptResult } | null {
  try {
    const { body: inner } = envelope ? readEnvelope(toText(body)) : { body };
    const text = toText(inner);
    const result = readTaskResult(text);
    const id = result && (JSON.parse(text) as { task_id?: unknown }).task_id;
    return result && typeof id === 'string' ? { id, result } : null;
  } catch {
    // Anybody may write there.
    return null;
  }
}

function toText(body: string | Uint8Array): string {
  return typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
}
