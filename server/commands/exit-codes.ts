import type { AppError } from '../errors.ts';
import type { Interrupted } from './command.ts';

/** What a shell is told. The README's list is made from this one. */
export const exitCodes = {
  /** It was done. */
  ok: 0,
  /** It was not done; the standard error output says why. */
  failed: 1,
  /** The options or operands are wrong, and nothing was begun. */
  badUsage: 2,
  /** The store, the broker or the server cannot be reached, or is in use: the same words may work later. */
  unavailable: 3,
  /** `search` found no task: it may be what was hoped for, and is no error. */
  nothingFound: 4,
  /** What asks or tells workers has Celery's own codes, so that scripts need not be changed. */
  badRequest: 64,
  noAnswer: 69,
} as const;

/** One line for each code, as the README has it. */
export const exitCodeMeanings: Record<keyof typeof exitCodes, string> = {
  ok: 'it was done',
  failed: 'it was not done; the standard error output says why',
  badUsage: 'the options or operands are wrong, and nothing was begun',
  unavailable: 'the store, the broker or the server cannot be reached, or is in use: it may work later',
  nothingFound: '`search` found nothing',
  badRequest:
    '`inspect`, `control`, `call` and `events`, in the place of 2, as Celery: what was asked for cannot be, and nothing was sent',
  noAnswer:
    '`inspect`, `control`, `call` and `events`, in the place of 3, as Celery: no worker answered in time, or the broker cannot be reached',
};

/** `128 + n` for a signal, as shells do. */
export const interruptedBy: Record<Interrupted['by'], number> = { SIGINT: 130, SIGTERM: 143, SIGPIPE: 141 };

export function exitCodeOf({ code }: AppError): number {
  if (code === 'bad_config' || code === 'bad_request') return exitCodes.badUsage;
  if (code === 'store_unavailable' || code === 'broker_unavailable') return exitCodes.unavailable;
  return exitCodes.failed;
}

/** Of commands that go to workers. */
export function celeryExitCodeOf(error: AppError): number {
  const code = exitCodeOf(error);
  if (code === exitCodes.badUsage) return exitCodes.badRequest;
  return code === exitCodes.unavailable ? exitCodes.noAnswer : code;
}
