import type { QueueBody, QueueDepthsBody } from '../../../server/contract/queues.ts';

export interface QueueRow {
  queue: QueueBody;
  /** What waited in it, in order of time. */
  points: QueueDepthsBody['queues'][number]['points'];
}

/** Those in which most waits first, then by name. */
export function toQueueRows(queues: readonly QueueBody[], depths: QueueDepthsBody | null): QueueRow[] {
  const byName = new Map(depths?.queues.map(({ queue, points }) => [queue, points]));
  return [...queues]
    .sort((a, b) => b.ready - a.ready || (a.name < b.name ? -1 : 1))
    .map((queue) => ({ queue, points: byName.get(queue.name) ?? [] }));
}

/** `+1.2`, `−0.4`: what grows is a worry. */
export function toGrowth(growth: number | null): { text: string; tone: 'retry' | 'success' | null } {
  if (growth === null) return { text: '—', tone: null };
  if (Math.abs(growth) < 0.05) return { text: '0', tone: null };
  const text = Math.abs(growth).toLocaleString('en-US', { maximumFractionDigits: 1 });
  return growth > 0 ? { text: `+${text}`, tone: 'retry' } : { text: `−${text}`, tone: 'success' };
}

/** `priority 0: 3, 9: 1`; empty where all have the same. */
export function toPriorities(byPriority: Readonly<Record<string, number>> | null): string {
  const known = Object.entries(byPriority ?? {}).filter(([, ready]) => ready > 0);
  return known.length === 0 ? '' : `priority ${known.map(([priority, ready]) => `${priority}: ${ready}`).join(', ')}`;
}
