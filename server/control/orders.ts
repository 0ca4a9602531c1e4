/**
 * Orders to workers, one at a time, and what the worker says to them.
 */
import { readAcknowledgement } from '../celery/inspect-reply.ts';
import { checkArguments } from '../celery/control-arguments.ts';
import { AppError } from '../errors.ts';
import { PoolCheck, readPoolSize } from './pool-check.ts';
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
  tell<Method extends Exclude<OrderMethod, 'add_consumer' | 'pool_shrink'>>(
    method: Method,
    args: ControlArguments[Method],
    hostname?: string,
  ): Promise<void>;
}

export function openOrders(control: Pick<RemoteControl, 'ask' | 'tell'>, inspectTimeoutMs: number): Orders {
  const pools = new PoolCheck();

  const silence: Outcome = { ok: false, reason: `the worker did not answer within ${inspectTimeoutMs / 1000} s` };

  const give: Orders['give'] = async (method, args, hostname) => {
    const asked = { timeoutMs: inspectTimeoutMs, destination: [hostname] };
    const answers = await control.ask(method, args, asked).catch(readRefusal);
    if (typeof answers === 'string') return { ok: false, reason: answers };
    const answer = answers.get(hostname);
    if (answer === undefined) return silence;
    if (!answer.ok) return { ok: false, reason: answer.error };
    const said = readAcknowledgement(answer);
    return said === null ? { ok: false, reason: 'Unknown reason' } : { ok: true, said };
  };

  const resize = async (
    method: 'pool_grow' | 'pool_shrink',
    args: { n?: number },
    hostname: string,
  ): Promise<Outcome> => {
    const { n } = checkArguments(method, args) as { n: number };
    const asked = { timeoutMs: inspectTimeoutMs, destination: [hostname] };
    const stats = (await control.ask('stats', {}, asked)).get(hostname);
    if (stats === undefined) return silence;
    const counted = stats.ok ? readPoolSize(stats.value) : null;
    const reason = method === 'pool_shrink' ? pools.shrink(hostname, counted, n, performance.now()) : null;
    if (reason !== null) return { ok: false, reason };
    const outcome = await give(method, args, hostname);
    if (outcome.ok && method === 'pool_grow') pools.grow(hostname, counted, n, performance.now());
    return outcome;
  };

  return {
    give(method, args, hostname) {
      if (method === 'pool_grow' || method === 'pool_shrink') return resize(method, args as { n?: number }, hostname);
      return give(method, args, hostname);
    },
    tell: (method, args, hostname) => control.tell(method, args, hostname === undefined ? undefined : [hostname]),
  };
}

/** Why it was not even sent. */
function readRefusal(error: unknown): string {
  if (error instanceof AppError && error.code === 'forbidden') return error.message;
  throw error;
}
