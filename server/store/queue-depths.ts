import type { NamedQueueDepth } from '../contract/queues.ts';

const weekS = 7 * 24 * 3600;

/** One array a row: queue, minute, ready, unacked, consumers. */
export function toDepthRows(depths: readonly NamedQueueDepth[]) {
  return depths.map(({ queue, at, ready, unacked, consumers }) => [queue, at / 60, ready, unacked, consumers] as const);
}

/** What is of an earlier minute is forgotten. `keptS`: how long they are kept. */
export function firstKeptMinute(depths: readonly NamedQueueDepth[], keptS = weekS): number {
  return Math.ceil((Math.max(0, ...depths.map(({ at }) => at)) - keptS) / 60);
}
