import type { LiveEventBody } from '../../../server/contract/live.ts';
import { toEventState } from './task-event.ts';
import { toStateView, type StateTone } from './task-state.ts';

/** What the log is narrowed to. */
export interface EventFilter {
  kind: string;
  text: string;
}

export const eventKinds = [
  { id: '', label: 'All events' },
  { id: 'task', label: 'Of tasks' },
  { id: 'trouble', label: 'Trouble' },
  { id: 'worker', label: 'Of workers' },
  { id: 'beatless', label: 'All but heartbeats' },
] as const;

const troubles = ['task-failed', 'task-retried', 'task-rejected', 'task-revoked', 'worker-offline'];

export function readEventFilter(query: URLSearchParams): EventFilter {
  const kind = eventKinds.find(({ id }) => id === query.get('kind'))?.id ?? '';
  return { kind, text: query.get('q') ?? '' };
}

export function toEventFilterQuery({ kind, text }: EventFilter): URLSearchParams {
  return new URLSearchParams({ ...(kind !== '' && { kind }), ...(text !== '' && { q: text }) });
}

export function isEventShown(event: LiveEventBody, { kind, text }: EventFilter): boolean {
  return isOfKind(event.type, kind) && hasText(event, text.trim().toLowerCase());
}

function isOfKind(type: string, kind: string): boolean {
  if (kind === 'trouble') return troubles.includes(type);
  if (kind === 'beatless') return type !== 'worker-heartbeat';
  return kind === '' || type.startsWith(`${kind}-`);
}

function hasText({ type, hostname, uuid, name, exception }: LiveEventBody, wanted: string): boolean {
  return [type, hostname, uuid, name, exception].some((each) => each?.toLowerCase().includes(wanted));
}

/** As the state that it brings its task into; of workers: whether it comes or goes. */
export function toLiveEventTone(type: string): StateTone {
  if (type === 'worker-online') return 'success';
  if (type === 'worker-offline') return 'failure';
  return type.startsWith('worker-') ? 'pending' : toStateView(toEventState(type)).tone;
}
