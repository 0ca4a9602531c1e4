import type { Redis } from 'ioredis';
import type { LossCause } from './broker.ts';
import { settleWithin } from './session.ts';

/**
 * Finds out, on return, whether Redis had ended a subscription because too much waited for us
 * (`client-output-buffer-limit pubsub`): it says so to nobody but its log. Newer servers count those disconnections;
 * an older one (7.0 still) leaves but a trace: more had been waiting for us than we read at once, or what it threw away
 * began in the middle of a message.
 */

/** What a server says of itself. */
export interface ServerFacts {
  /** Anew with each start of the server. */
  runId: string;
  /** How many clients it has cut off since then; null: it does not count. */
  cutOffs: number | null;
}

export type SubscriptionEnd =
  /** By the server or on the way; `wasBehind`: not all had been read that it had for us. */
  { byServer: true; wasBehind: boolean } | { byServer: false };

/** `before`: when the subscription began; `now`: at the next one. */
export function wasCutOff(before: ServerFacts | null, end: SubscriptionEnd | null, now: ServerFacts | null): boolean {
  if (!before || !now || !end?.byServer) return false;
  // A server that went away itself cut off everybody; and another one knows nothing of our connection.
  if (before.runId !== now.runId) return false;
  if (before.cutOffs !== null && now.cutOffs !== null) return now.cutOffs > before.cutOffs;
  return end.wasBehind;
}

/** The answers to `INFO server` and `INFO stats`; null when they do not say which server it is. */
export function readServerFacts(info: string): ServerFacts | null {
  const runId = /^run_id:(\w+)/m.exec(info)?.[1];
  const cutOffs = /^client_output_buffer_limit_disconnections:(\d+)/m.exec(info)?.[1];
  return runId === undefined ? null : { runId, cutOffs: cutOffs === undefined ? null : Number(cutOffs) };
}

/** Remembers, over the sessions of one consumer, what the next one needs to know of the last. */
export class CutOffWatch {
  #facts: ServerFacts | null = null;
  #end: SubscriptionEnd | null = null;

  /** Asks a connection that is not subscribed yet. A server that may not be asked, or does not answer, tells nothing. */
  async opened(redis: Redis, limitMs: number): Promise<LossCause | undefined> {
    const asked = Promise.all([redis.info('server'), redis.info('stats')]);
    const now = await settleWithin(asked, limitMs, 'no answer to INFO').then(
      (answers) => readServerFacts(answers.join('\n')),
      () => null,
    );
    const isCutOff = wasCutOff(this.#facts, this.#end, now);
    this.#facts = now;
    this.#end = null;
    return isCutOff ? 'cut-off' : undefined;
  }

  ended(end: SubscriptionEnd): void {
    this.#end = end;
  }
}
