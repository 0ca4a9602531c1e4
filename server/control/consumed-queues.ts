import { isName } from '../contract/names.ts';
import type { Inspection } from '../contract/workers.ts';

/**
 * Which queues workers consume, as they said, and which workers each; also workers that are gone: what waits for them is
 * of interest above all.
 */
export function toConsumedQueues(
  inspections: readonly (readonly [hostname: string, inspection: Inspection])[],
): Map<string, string[]> {
  const consumed = new Map<string, string[]>();
  for (const [hostname, { active_queues: queues }] of inspections) {
    if (!Array.isArray(queues)) continue;
    for (const queue of queues as unknown[]) {
      const name: unknown = typeof queue === 'object' && queue !== null && 'name' in queue ? queue.name : undefined;
      if (typeof name !== 'string' || !isName(name)) continue;
      consumed.set(name, [...(consumed.get(name) ?? []), hostname]);
    }
  }
  return consumed;
}
