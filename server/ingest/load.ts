import { Batcher, type BatcherSteps } from './batcher.ts';
import type { Gap, Sight } from './gaps.ts';
import { isPiece } from './parcel-memory.ts';
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

/** The pieces of memory that its messages came in: nobody needs them once it is committed. */
export function piecesOf({ messages }: Load): ArrayBuffer[] {
  return messages.flatMap((message) =>
    message.kind === 'parcel' && isPiece(message.parcel.content.buffer) ? [message.parcel.content.buffer] : [],
  );
}

/** `before` came before all that is in the spool, `after` after it. */
interface Left {
  before: StreamMessage[];
  after: StreamMessage[];
}

/**
 * Of what was not committed, that which nobody holds but us: it is neither in the spool nor of a broker that sends it
 * again; null: there is none. `sights`: what was known, by broker, when all that came before it was stored.
 */
export function toLeft(
  uncommitted: readonly ReceiverMessage[],
  sights: readonly Sight[],
  keepsNothing: (broker: number) => boolean,
): Left | null {
  const left: Left = { before: [], after: [] };
  let place: keyof Left = 'before';
  for (const message of uncommitted) {
    if (message.kind === 'hello' || message.kind === 'end') continue;
    if (message.spooled !== undefined) place = 'after';
    else if (keepsNothing(placeOf(message))) left[place].push(message);
  }
  if (left.before.length === 0) return left.after.length === 0 ? null : left;
  const known = sights.map((sight, broker): StreamMessage => ({ kind: 'sight', broker, sight, isStored: true }));
  return { ...left, before: [...known.filter((_, broker) => keepsNothing(broker)), ...left.before] };
}
