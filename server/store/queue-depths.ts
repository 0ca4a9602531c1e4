import type { NamedQueueDepth } from '../contract/queues.ts';

const keptMinutes = 7 * 24 * 60;

/** One array a row: queue, minute, ready, unacked, consumers. */
export function toDepthRows(depths: readonly NamedQueueDepth[]) {
  return depths.map(({ queue, at, ready, unacked, consumers }) => [queue, at / 60, ready, unacked, consumers] as const);
}

/** What is of an earlier minute is forgotten. */
export function firstKeptMinute(depths: readonly NamedQueueDepth[]): number {
  return Math.max(0, ...depths.map(({ at }) => at / 60)) - keptMinutes;
}
