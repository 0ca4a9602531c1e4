/**
 * Orders to workers, one at a time, and what the worker says to them.
 */
import type { ControlArguments, OrderMethod, RemoteControl } from './remote-control.ts';
import { readAcknowledgement } from '../celery/inspect-reply.ts';

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
  tell<Method extends OrderMethod>(method: Method, args: ControlArguments[Method], hostname?: string): Promise<void>;
}

export function openOrders(control: Pick<RemoteControl, 'ask' | 'tell'>, inspectTimeoutMs: number): Orders {
  return {
    async give(method, args, hostname) {
      const asked = { timeoutMs: inspectTimeoutMs, destination: [hostname] };
      const answer = (await control.ask(method, args, asked)).get(hostname);
      if (!answer) return { ok: false, reason: `the worker did not answer within ${inspectTimeoutMs / 1000} s` };
      if (!answer.ok) return { ok: false, reason: answer.error };
      const said = readAcknowledgement(answer);
      return said === null ? { ok: false, reason: 'Unknown reason' } : { ok: true, said };
    },
    tell: (method, args, hostname) => control.tell(method, args, hostname === undefined ? undefined : [hostname]),
  };
}
