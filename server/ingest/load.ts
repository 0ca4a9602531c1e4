import { Batcher, type BatcherSteps } from './batcher.ts';
import type { Gap } from './gaps.ts';
import { placeOf, type ReceiverMessage, type StreamMessage } from './messages.ts';

/** What is committed together, with all that may be said once it is, and all that has to be kept until then. */
export interface Load {
  batcher: Batcher;
  lastTags: Map<number, number>;
  gaps: Gap[];
  /** What it was made of, in order. */
  messages: ReceiverMessage[];
  /** The last number in the spool of what is in it. */
  spooled: number | undefined;
}

export function emptyLoad(steps: BatcherSteps): Load {
  return { batcher: new Batcher(steps), lastTags: new Map(), gaps: [], messages: [], spooled: undefined };
}

/**
 * Of what was not committed, that which nobody holds but us: it is neither in the spool nor of a broker that sends it
 * again. `before` came before all that is in the spool, `after` after it.
 */
export function splitUncommitted(
  uncommitted: readonly ReceiverMessage[],
  keepsNothing: (broker: number) => boolean,
): { before: StreamMessage[]; after: StreamMessage[] } {
  const left = { before: [] as StreamMessage[], after: [] as StreamMessage[] };
  let place: keyof typeof left = 'before';
  for (const message of uncommitted) {
    if (message.kind === 'hello' || message.kind === 'end') continue;
    if (message.spooled !== undefined) place = 'after';
    else if (keepsNothing(placeOf(message))) left[place].push(message);
  }
  return left;
}
