import type { ConnectionState } from '../brokers/broker.ts';
import type { Gap, GapKeeper } from './gaps.ts';
import type { StreamMessage } from './messages.ts';

/** Tells `keeper` what a message says of what was seen; the gaps that begin or end with it. */
export function noteIn(keeper: GapKeeper, broker: number, message: StreamMessage): Gap[] {
  const atMs = momentOf(message);
  const before = atMs === null ? [] : keeper.mended(broker, atMs);
  return [...before, ...note(keeper, broker, message)];
}

function note(keeper: GapKeeper, broker: number, message: StreamMessage): Gap[] {
  switch (message.kind) {
    case 'parcel':
      if (message.parcel.seenUntilMs !== null) keeper.seen(broker, message.parcel.seenUntilMs);
      return [];
    case 'state':
      return noteState(keeper, broker, message.state);
    case 'overflow':
      return keeper.overflowed(broker, message.fromMs);
    case 'overflow-ended':
      return keeper.overflowEnded(broker, message.atMs);
    case 'sight':
      return keeper.resumed(broker, message.sight, message.isStored);
    case 'restarted':
      return keeper.restarted(message.clean);
    case 'torn':
      keeper.torn();
      return [];
    case 'stopped':
      return [];
  }
}

/** When what a message says was so; null: it says nothing that follows what came before it. */
function momentOf(message: StreamMessage): number | null {
  switch (message.kind) {
    case 'parcel':
      return message.parcel.receivedAtMs[0] ?? message.parcel.seenUntilMs;
    case 'state':
      return message.state.sinceMs;
    case 'overflow':
      return message.fromMs;
    case 'overflow-ended':
      return message.atMs;
    default:
      return null;
  }
}

function noteState(keeper: GapKeeper, broker: number, state: ConnectionState): Gap[] {
  if (!state.connected) return keeper.disconnected(broker, state.sinceMs);
  return keeper.connected(broker, state.sinceMs, state.cause);
}
