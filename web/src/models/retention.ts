import type { RetentionLimitsBody } from '../../../server/contract/status.ts';
import { formatDuration } from './duration.ts';
import { formatBytes } from './number.ts';

/** How long each part of history is kept, as sentences of two words or more. */
export function toKept({
  tasks,
  failures,
  events,
  bytes,
  metrics,
}: RetentionLimitsBody): { what: string; howLong: string }[] {
  const long = (seconds: number | null, otherwise: string) => (seconds === null ? otherwise : formatDuration(seconds));
  return [
    { what: 'Tasks', howLong: long(tasks, 'for ever') },
    { what: 'Failed tasks', howLong: long(failures, 'as all others') },
    { what: 'Events', howLong: long(events, 'as long as their tasks') },
    { what: 'Lengths of queues', howLong: formatDuration(metrics) },
    { what: 'Size', howLong: bytes === null ? 'without a limit' : `at most ${formatBytes(bytes)}` },
  ];
}
