/** What the commands that go to workers have in common: options, the way to the broker, and what is said of silence. */
import { boolean, duration, textList } from '../config/kinds.ts';
import type { Config } from '../config/options.ts';
import { checkArguments } from '../celery/control-arguments.ts';
import { openOrders } from '../control/orders.ts';
import {
  openRemoteControl,
  type AskOptions,
  type ControlAnswer,
  type ControlMethod,
  type RemoteControl,
} from '../control/remote-control.ts';
import { toBrokerOptions } from '../room-options.ts';
import { flag, type CommandIo } from './command.ts';
import { celeryExitCodeOf, exitCodes } from './exit-codes.ts';

export const clusterOptions = ['broker', 'broker_transport_options', 'control_exchange', 'event_exchange'] as const;
export type ClusterConfig = Pick<Config, (typeof clusterOptions)[number]>;

export const timeoutFlag = flag(duration('s', 0.1, 3600), {
  default: 1,
  short: 't',
  help: 'How long to wait for answers',
});

export const askFlags = {
  destination: flag(textList, {
    default: null,
    shownDefault: 'all workers',
    short: 'd',
    help: 'Only these workers, by host name',
  }),
  timeout: timeoutFlag,
  json: flag(boolean, { default: false, short: 'j', help: 'Answer in JSON, an object by worker' }),
};

export const clusterCommand = { exitCodeOf: celeryExitCodeOf } as const;

/** Ends every command's description: what scripts have to know. */
export const exitCodeHelp = `Exit codes as Celery's: ${exitCodes.badRequest} when what was asked for cannot be, and nothing was sent; ${exitCodes.noAnswer} when no worker answered in time, or the broker cannot be reached; ${exitCodes.failed} when a worker refused.`;

/** Opens the way to workers for as long as it is used. What fails because a signal came is that signal's doing. */
export async function useControl<Result>(
  config: ClusterConfig,
  { signal }: CommandIo,
  use: (control: RemoteControl) => Promise<Result>,
): Promise<Result> {
  const control = openRemoteControl(toBrokerOptions(config));
  const close = (): void => control.close();
  signal.addEventListener('abort', close, { once: true });
  try {
    signal.throwIfAborted();
    const result = await use(control);
    signal.throwIfAborted();
    return result;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', close);
    control.close();
  }
}

export type AskedOptions = Pick<AskOptions, 'timeoutMs' | 'destination'>;

/**
 * Sends an order, or a question, and gives what each worker says to it, by host name. Nothing is sent before the
 * arguments were checked. A pool is resized worker by worker, each checked first, as by the server; to what nobody
 * answers, the answer is that it was sent.
 */
export async function askWorkers(
  control: RemoteControl,
  method: ControlMethod,
  args: Readonly<Record<string, unknown>>,
  asked: AskedOptions,
): Promise<Map<string, ControlAnswer>> {
  checkArguments(method, args);
  if (method !== 'pool_grow' && method !== 'pool_shrink' && method !== 'shutdown') {
    return control.ask(method, args, asked);
  }
  const present = [...(await control.ask('ping', {}, asked)).keys()];
  if (present.length === 0) return new Map();
  if (method === 'shutdown') {
    await control.tell('shutdown', {}, present);
    return new Map(present.map((worker) => [worker, { ok: true, value: { ok: 'told to shut down' } }]));
  }
  const orders = openOrders(control, asked.timeoutMs);
  const outcomes = present.map(async (worker): Promise<[string, ControlAnswer]> => {
    const outcome = await orders.give(method, args, worker);
    return [worker, outcome.ok ? { ok: true, value: { ok: outcome.said } } : { ok: false, error: outcome.reason }];
  });
  return new Map(await Promise.all(outcomes));
}
