import { isTaskEvent, type CeleryEvent } from '../celery/event.ts';
import type { Task } from '../domain/task.ts';
import { toCleanText } from './text-table.ts';

/** Said already by what stands before. */
const leadingFields: ReadonlySet<string> = new Set(['type', 'hostname', 'timestamp', 'uuid', 'name', 'args', 'kwargs']);
/** Of no use to a reader. */
const dullFields: ReadonlySet<string> = new Set(['clock', 'pid', 'utcoffset', 'local_received']);
const longestField = 300;

/**
 * One event as `celery events --dump` writes it: `w1@host [2026-11-20 06:00:00.123456] task succeeded: shop.add(id)
 * result='5'`. The time is UTC. `task`: what is known of its task. Pure.
 */
export function toEventLine(event: CeleryEvent, task: Task | null): string {
  const time = new Date(event.timestamp * 1000).toISOString().replace('T', ' ').replace('Z', '');
  const said = event.type.replaceAll('-', ' ');
  const fields = isTaskEvent(event) ? [toTaskText(event, task), ...listFields(event)] : listFields(event);
  const text = fields.filter((field) => field !== '').join(' ');
  return toCleanText(`${event.hostname} [${time}] ${said}${text === '' ? '' : `: ${text}`}`);
}

function toTaskText({ type, uuid, args, kwargs }: CeleryEvent, task: Task | null): string {
  const name = `${task?.name ?? ''}(${uuid ?? ''})`;
  if (type !== 'task-sent' && type !== 'task-received') return name;
  return `${name} args=${toText(args)} kwargs=${toText(kwargs)}`;
}

function listFields(event: CeleryEvent): string[] {
  return Object.entries(event)
    .filter(
      ([name, value]) => !leadingFields.has(name) && !dullFields.has(name) && value !== null && value !== undefined,
    )
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${toText(value)}`);
}

function toText(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return text.length > longestField ? `${text.slice(0, longestField)}…` : text;
}
