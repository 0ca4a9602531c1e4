import type { CeleryEvent } from '../celery/event.ts';
import type { Task } from '../domain/task.ts';

/**
 * Events are stored slim: when, what, who, and as JSON only those fields that the task's row does not hold (a whole
 * event would cost 835 bytes a task, a slim one about 120). `toSlimData` and `toFullFields` are each other's inverse
 * as long as the row does not change; when it does (a retry's exception gives way to the failure's), the store writes
 * the data of the earlier events again.
 */

type Fields = Record<string, unknown>;

/** Known from the row's own columns, from the sender, or (`local_received`) not part of what was sent. */
const columnFields = new Set(['type', 'uuid', 'hostname', 'timestamp', 'clock', 'pid', 'local_received']);

const described = {
  name: 'name',
  args: 'args',
  kwargs: 'kwargs',
  root_id: 'rootId',
  parent_id: 'parentId',
  retries: 'retries',
  eta: 'eta',
  expires: 'expires',
} as const satisfies Record<string, keyof Task>;

/** Fields of an event by name, and where the task's row has them. */
type Held = Record<string, keyof Task>;

const failure: Held = { exception: 'exception', traceback: 'traceback' };

/** Which fields of which event the task's row can give back. */
const heldBySubject = [
  ['sent', { ...described, queue: 'queue', exchange: 'exchange', routing_key: 'routingKey' }],
  ['received', described],
  ['succeeded', { result: 'result', runtime: 'runtime' }],
  ['failed', failure],
  ['retried', failure],
] as const satisfies [keyof Task, Held][];

const heldByRow: ReadonlyMap<string, Held> = new Map<string, Held>(heldBySubject);

const nothingHeld: Held = {};

export function toSubject(type: string): string {
  return type.slice('task-'.length);
}

/**
 * Subjects that SQLite's segments store as one character, one that no event is named by: it saves 28 bytes of
 * 1010 a task. A file
 * in which they are whole words, of an older program, goes on with them, so that an event that comes twice meets itself.
 */
export const subjectCodes: ReadonlyMap<string, string> = new Map([
  ['sent', '\x01'],
  ['received', '\x02'],
  ['started', '\x03'],
  ['succeeded', '\x04'],
  ['failed', '\x05'],
  ['retried', '\x06'],
  ['revoked', '\x07'],
  ['rejected', '\x08'],
]);

const subjectsByCode = new Map([...subjectCodes].map(([subject, code]) => [code, subject]));

export function toSubjectCode(subject: string): string {
  return subjectCodes.get(subject) ?? subject;
}

/** Of a code, or of a whole word. */
export function fromSubjectCode(stored: string): string {
  return subjectsByCode.get(stored) ?? stored;
}

/** The JSON of what `task`'s row does not say of the event; null when it says everything. */
export function toSlimData(subject: string, fields: Fields, task: Task): string | null {
  const held = heldByRow.get(subject) ?? nothingHeld;
  let data: Fields | null = null;
  for (const field in fields) {
    if (columnFields.has(field)) continue;
    const key = held[field];
    if (key !== undefined && isSame(fields[field], task[key])) continue;
    if (field === 'utcoffset' && !fields[field]) continue;
    (data ??= {})[field] = fields[field];
  }
  for (const field in held) {
    if (!(field in fields) && task[held[field]!] !== null) (data ??= {})[field] = null;
  }
  return data && toJson(data);
}

/** The fields of a stored event, as they were sent; one that was absent may come back as null. */
export function toFullFields(subject: string, data: string | null, task: Task): Fields {
  const held = heldByRow.get(subject) ?? nothingHeld;
  const fields: Fields = {};
  for (const field in held) fields[field] = task[held[field]!];
  return data === null ? fields : Object.assign(fields, JSON.parse(data) as Fields);
}

/**
 * Whether the row's change from `before` to `after` takes something away from events that were stored slim. A subject
 * of which `before` knows no event has none stored: so a result that comes in, which is most changes, takes nothing away.
 */
export function changesHeldFields(before: Task, after: Task): boolean {
  return rewritten.some(
    ([subject, keys]) => before[subject] !== null && keys.some((key) => before[key] !== after[key]),
  );
}

const rewritten = heldBySubject.map(([subject, held]) => [subject, Object.values<keyof Task>(held)] as const);

/** The JSON of an event that belongs to no task; `sw_*` of a heartbeat is in the worker's own record. */
export function toOtherData(event: CeleryEvent): string | null {
  let data: Fields | null = null;
  for (const field in event) {
    if (columnFields.has(field) && field !== 'uuid') continue;
    if (field === 'utcoffset' && !event[field]) continue;
    if (event.type === 'worker-heartbeat' && field.startsWith('sw_')) continue;
    (data ??= {})[field] = event[field];
  }
  return data && toJson(data);
}

function isSame(sent: unknown, held: Task[keyof Task]): boolean {
  return sent === held || (sent === undefined && held === null);
}

/** Python's big integers arrive as bigint, which JSON cannot hold: they become their digits, as text. */
function toJson(data: Fields): string {
  return JSON.stringify(data, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
}
