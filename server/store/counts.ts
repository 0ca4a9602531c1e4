import type { Committed } from '../ingest/batch.ts';

/** Adds to the count of a host's events of one type. */
export function addCount(counts: Committed['counts'], hostname: string, type: string, events = 1): void {
  let byType = counts.get(hostname);
  if (!byType) counts.set(hostname, (byType = new Map<string, number>()));
  byType.set(type, (byType.get(type) ?? 0) + events);
}

export function addCounts(counts: Committed['counts'], added: Committed['counts']): void {
  for (const [hostname, byType] of added) {
    for (const [type, events] of byType) addCount(counts, hostname, type, events);
  }
}

export function sumCounts(counts: Committed['counts']): number {
  let sum = 0;
  for (const byType of counts.values()) for (const events of byType.values()) sum += events;
  return sum;
}
