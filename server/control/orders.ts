/**
 * Orders to workers, one at a time, and what the worker says to them.
 */
import { readAcknowledgement } from '../celery/inspect-reply.ts';
import { AppError } from '../errors.ts';
import type { ControlArguments, OrderMethod, RemoteControl } from './remote-control.ts';

/** The worker's own words, or why it did not do it. */
export type Outcome = { ok: true; said: string } | { ok: false; reason: string };

export interface Orders {
  /**
   * Settles with the worker's answer, or when it has not answered in time.
   * @throws {AppError} `bad_request` for arguments that cannot be, with nothing sent; `broker_unavailable`
   */
  give<Method extends OrderMethod>(method: Method, args: ControlArguments[Method], hostname: string): Promise<Outcome>;
  /**
   * Settles when it is sent; without `hostname`, to all workers.
   * @throws {AppError} as `give`
   */
  tell<Method extends Exclude<OrderMethod, 'add_consumer'>>(
    method: Method,
    args: ControlArguments[Method],
    hostname?: string,
  ): Promise<void>;
}

export function openOrders(control: Pick<RemoteControl, 'ask' | 'tell'>, inspectTimeoutMs: number): Orders {
  return {
    async give(method, args, hostname) {
      const asked = { timeoutMs: inspectTimeoutMs, destination: [hostname] };
      const answers = await control.ask(method, args, asked).catch(readRefusal);
      if (typeof answers === 'string') return { ok: false, reason: answers };
      const answer = answers.get(hostname);
      if (answer === undefined)
        return { ok: false, reason: `the worker did not answer within ${inspectTimeoutMs / 1000} s` };
      if (!answer.ok) return { ok: false, reason: answer.error };
      const said = readAcknowledgement(answer);
      return said === null ? { ok: false, reason: 'Unknown reason' } : { ok: true, said };
    },
    tell: (method, args, hostname) => control.tell(method, args, hostname === undefined ? undefined : [hostname]),
  };
}

/** Why it was not even sent. */
function readRefusal(error: unknown): string {
  if (error instanceof AppError && error.code === 'forbidden') return error.message;
  throw error;
}
