/*
 * What a worker said of itself, as its page shows it. In: Celery's answers, of any version and pool. Out: what could be
 * read of them, field by field; what is missing or of another form is null, or not in the list.
 */
import type { Inspection, InspectionField, InspectionsBody } from '../../../server/contract/workers.ts';

type Fields = Readonly<Record<string, unknown>>;

/** One line: a name and what is said of it. */
export interface Fact {
  name: string;
  text: string;
}

export interface PoolView {
  /** How many tasks it can run at once. */
  size: number | null;
  /** Process ids, or what else the pool calls them. */
  processes: string[];
  autoscale: { min: number; max: number } | null;
  /** Seconds; null: none. */
  softLimitS: number | null;
  hardLimitS: number | null;
  /** All else that it says of its pool. */
  facts: Fact[];
}

export interface ConsumedQueue {
  name: string;
  exchange: string;
  exchangeType: string;
  routingKey: string;
  durable: boolean | null;
}

/** A kind of task that the worker can run. */
export interface RegisteredTask {
  name: string;
  /** Its rate limit as the worker tells it; null: none. */
  rateLimit: string | null;
  /** How often this process has run it. */
  total: number;
}

export type HeldKind = 'active' | 'reserved' | 'scheduled';

/** A task that the worker has in hand. */
export interface HeldTask {
  kind: HeldKind;
  uuid: string;
  name: string;
  args: string;
  kwargs: string;
  /** Epoch seconds. */
  startedAt: number | null;
  /** ISO 8601. */
  eta: string | null;
  pid: number | null;
}

/** Whose inspections: one worker's, or all; and which parts of them. */
export interface InspectionScope {
  hostname?: string;
  fields?: readonly InspectionField[];
}

/** `anew`: the workers are to be asked first. */
export function toInspectionQuery({ hostname, fields }: InspectionScope, anew: boolean): URLSearchParams {
  return new URLSearchParams({
    ...(hostname !== undefined && { workername: hostname }),
    ...(fields && { fields: fields.join() }),
    ...(anew && { refresh: '1' }),
  });
}

export function byWorker(body: InspectionsBody): ReadonlyMap<string, Inspection> {
  return new Map(Object.entries(body));
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const numberOf = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value : null;
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** `true`, `0.25`, `a, b`; what has more to it as JSON. */
function toValueText(value: unknown): string {
  if (value === null || value === undefined || value === '') return '—';
  if (typeof value === 'string') return value;
  const isPlain = (item: unknown): boolean => typeof item === 'string' || typeof item === 'number';
  if (Array.isArray(value) && value.length > 0 && value.every(isPlain)) return value.join(', ');
  return JSON.stringify(value);
}

/** `writes` `{ total: 3 }` → `writes.total` `3`; what is in lists stays together. */
export function toFacts(value: unknown, prefix = ''): Fact[] {
  return Object.entries(fieldsOf(value)).flatMap(([key, each]) =>
    isFields(each) && Object.keys(each).length > 0
      ? toFacts(each, `${prefix}${key}.`)
      : [{ name: prefix + key, text: toValueText(each) }],
  );
}

const toLimit = (value: unknown): number | null => numberOf(value) || null;

export function readPool({ stats }: Pick<Inspection, 'stats'>): PoolView {
  const { pool: given, autoscaler } = fieldsOf(stats);
  const { 'max-concurrency': most, processes, timeouts, ...rest } = fieldsOf(given);
  const [soft, hard] = listOf(timeouts);
  const { min, max } = fieldsOf(autoscaler);
  const [low, high] = [numberOf(min), numberOf(max)];
  return {
    // What a pool was told to be at its start does not change when it is grown.
    size: Array.isArray(processes) ? processes.length : numberOf(most),
    processes: listOf(processes).map(toValueText),
    autoscale: low === null || high === null ? null : { min: low, max: high },
    softLimitS: toLimit(soft),
    hardLimitS: toLimit(hard),
    facts: toFacts(rest),
  };
}

export function readQueues({ active_queues: queues }: Pick<Inspection, 'active_queues'>): ConsumedQueue[] {
  return listOf(queues).flatMap((each) => {
    const { name, exchange, routing_key: routingKey, durable } = fieldsOf(each);
    if (typeof name !== 'string') return [];
    const { name: exchangeName, type } = fieldsOf(exchange);
    return {
      name,
      exchange: textOf(exchangeName),
      exchangeType: textOf(type),
      routingKey: textOf(routingKey),
      durable: typeof durable === 'boolean' ? durable : null,
    };
  });
}

/** `tasks.add [rate_limit=10/m]` */
const registeredForm = /^(?<name>.*?)(?: \[(?<attributes>.*)\])?$/s;

export function readRegistered({ registered, stats }: Pick<Inspection, 'registered' | 'stats'>): RegisteredTask[] {
  const totals = fieldsOf(fieldsOf(stats)['total']);
  return (registered ?? []).flatMap((each) => {
    const { name, attributes } = (typeof each === 'string' && registeredForm.exec(each)?.groups) || {};
    if (name === undefined) return [];
    const rateLimit = /\brate_limit=(\S+)/.exec(attributes ?? '')?.[1];
    return { name, rateLimit: rateLimit ?? null, total: numberOf(totals[name]) ?? 0 };
  });
}

const toArguments = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value ?? null));

function readHeldOne(kind: HeldKind, item: unknown): HeldTask[] {
  const { request, eta } = fieldsOf(item);
  const task = fieldsOf(kind === 'scheduled' ? request : item);
  if (typeof task['id'] !== 'string') return [];
  return [
    {
      kind,
      uuid: task['id'],
      name: textOf(task['name']) || textOf(task['type']),
      args: toArguments(task['args']),
      kwargs: toArguments(task['kwargs']),
      startedAt: numberOf(task['time_start']),
      eta: typeof eta === 'string' ? eta : null,
      pid: numberOf(task['worker_pid']),
    },
  ];
}

/** Running, then waiting for a free process, then waiting for their time. */
export function readHeld(inspection: Pick<Inspection, HeldKind>): HeldTask[] {
  const kinds = ['active', 'reserved', 'scheduled'] as const;
  return kinds.flatMap((kind) => (inspection[kind] ?? []).flatMap((item) => readHeldOne(kind, item)));
}

export function readRevoked({ revoked }: Pick<Inspection, 'revoked'>): string[] {
  return (revoked ?? []).filter((id) => typeof id === 'string');
}

/** How often this process has run each task, the most frequent first. */
export function readTotals({ stats }: Pick<Inspection, 'stats'>): { name: string; total: number }[] {
  return Object.entries(fieldsOf(fieldsOf(stats)['total']))
    .map(([name, total]) => ({ name, total: numberOf(total) ?? 0 }))
    .sort((a, b) => b.total - a.total || (a.name < b.name ? -1 : 1));
}

/** getrusage(2), of the worker's main process. */
const usageNames: Record<string, string> = {
  utime: 'CPU time, user (s)',
  stime: 'CPU time, system (s)',
  maxrss: 'Largest resident memory (kB)',
  minflt: 'Page faults without I/O',
  majflt: 'Page faults with I/O',
  nswap: 'Swapped out',
  inblock: 'Blocks read',
  oublock: 'Blocks written',
  msgsnd: 'IPC messages sent',
  msgrcv: 'IPC messages received',
  nsignals: 'Signals received',
  nvcsw: 'Voluntary context switches',
  nivcsw: 'Involuntary context switches',
  ixrss: 'Shared memory',
  idrss: 'Unshared data',
  isrss: 'Unshared stack',
};

export function readUsage({ stats }: Pick<Inspection, 'stats'>): Fact[] {
  return toFacts(fieldsOf(stats)['rusage']).map(({ name, text }) => ({ name: usageNames[name] ?? name, text }));
}

/** What it says of its process, beside pool, totals and usage. */
export function readProcess({ stats }: Pick<Inspection, 'stats'>): Fact[] {
  const { pool: _pool, total: _total, rusage: _usage, broker: _broker, autoscaler: _scaler, ...rest } = fieldsOf(stats);
  return toFacts(rest);
}

export function readBrokerFacts({ stats }: Pick<Inspection, 'stats'>): Fact[] {
  return toFacts(fieldsOf(stats)['broker']);
}

/** Settings in the order of their names; those that hold more than one value as JSON. */
export function readSettings({ conf }: Pick<Inspection, 'conf'>): Fact[] {
  return Object.entries(fieldsOf(conf))
    .map(([name, value]) => ({ name, text: toValueText(value) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
