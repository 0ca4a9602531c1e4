import { toPythonText } from '../celery/python-text.ts';
import { taskFields, type TaskBody } from '../contract/tasks.ts';
import type { Inspection } from '../contract/workers.ts';
import type { ShowTask } from './shown-task.ts';

/**
 * How the tasks that a worker runs and holds leave the server: as those in the lists do. `show` sees them by Flower's
 * names, with all that the worker did not tell left null. Arguments are text then, in every list: what stands too deep
 * in a value, or too far back, would else be shown without having been looked at.
 */
export function showInspection(inspection: Inspection, show: ShowTask): Inspection {
  const { active, reserved, scheduled } = inspection;
  return {
    ...inspection,
    ...(active && { active: active.map((task) => showHeld(task, 'STARTED', show)) }),
    ...(reserved && { reserved: reserved.map((task) => showHeld(task, 'RECEIVED', show)) }),
    ...(scheduled && {
      scheduled: scheduled.map((item) =>
        isFields(item) ? { ...item, request: showHeld(item['request'], 'RECEIVED', show) } : null,
      ),
    }),
  };
}

type Fields = Readonly<Record<string, unknown>>;

/** Null: not of the form that it has in Celery, so that nobody can say what it would show. */
function showHeld(held: unknown, state: string, show: ShowTask): unknown {
  if (!isFields(held)) return null;
  const { name, args, kwargs } = show(toTask(held, state));
  return { ...held, name, args, kwargs };
}

const unknownTask = Object.fromEntries(taskFields.map((field) => [field, null]));

function toTask(held: Fields, state: string): TaskBody {
  const { id, name, args, kwargs, hostname, time_start: startedAt, delivery_info: delivery } = held;
  const route = isFields(delivery) ? delivery : {};
  const { inferred: _, ...unknown } = unknownTask;
  return {
    ...(unknown as unknown as TaskBody),
    uuid: String(id),
    name: toText(name),
    state,
    args: toText(args),
    kwargs: toText(kwargs),
    started: typeof startedAt === 'number' ? startedAt : null,
    exchange: toText(route['exchange']),
    routing_key: toText(route['routing_key']),
    clock: 0,
    children: [],
    worker: String(hostname),
  };
}

/** Of `active` these are texts already; other lists hold values. */
function toText(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? value : toPythonText(value);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
