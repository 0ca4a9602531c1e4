import type { SortKey } from '../../../server/language/query.ts';

/** A column of the table of tasks. */
export interface Column {
  id: ColumnId;
  label: string;
  /** How much of the table's width it takes, beside the others: some rem. */
  weight: number;
  sortKey?: SortKey;
  isNumber?: boolean;
}

const kinds = {
  state: { label: 'State', weight: 8.75, sortKey: 'state' },
  name: { label: 'Task', weight: 14, sortKey: 'name' },
  uuid: { label: 'Id', weight: 10 },
  call: { label: 'Arguments and outcome', weight: 24 },
  args: { label: 'Arguments', weight: 10 },
  kwargs: { label: 'Keyword arguments', weight: 10 },
  result: { label: 'Result', weight: 10 },
  exception: { label: 'Exception', weight: 12 },
  worker: { label: 'Worker', weight: 9.5, sortKey: 'worker' },
  routing_key: { label: 'Routing key', weight: 7.5 },
  sent: { label: 'Sent', weight: 8.5 },
  received: { label: 'Received', weight: 9.25, sortKey: 'received' },
  started: { label: 'Started', weight: 8.5, sortKey: 'started' },
  runtime: { label: 'Run time', weight: 6.5, sortKey: 'runtime', isNumber: true },
  retries: { label: 'Retries', weight: 5, sortKey: 'retries', isNumber: true },
  revoked: { label: 'Revoked', weight: 8.5 },
  eta: { label: 'ETA', weight: 8.5 },
  expires: { label: 'Expires', weight: 8.5 },
} as const satisfies Record<string, Omit<Column, 'id'>>;

export type ColumnId = keyof typeof kinds;

/** Every column there is, in the order in which they are offered. */
export const allColumns = Object.keys(kinds) as readonly ColumnId[];

/** Ids stand under the names, and what came of a task under its arguments. */
export const ownColumns: readonly ColumnId[] = ['state', 'name', 'call', 'worker', 'received', 'runtime'];

export function toColumn(id: ColumnId): Column {
  return { id, ...kinds[id] };
}

/** What is no column, and what comes twice, is left out; null: there is none. */
export function readColumns(names: readonly string[] | null): ColumnId[] | null {
  const found = (names ?? []).filter((name): name is ColumnId => Object.hasOwn(kinds, name));
  return found.length === 0 ? null : [...new Set(found)];
}

/** One place up (-1) or down (1); the same list at its ends. */
export function moveColumn(columns: readonly ColumnId[], id: ColumnId, by: -1 | 1): ColumnId[] {
  const at = columns.indexOf(id);
  const to = at + by;
  const moved = [...columns];
  if (at === -1 || to < 0 || to >= columns.length) return moved;
  moved.splice(at, 1);
  moved.splice(to, 0, id);
  return moved;
}

/** At its place among the others, as they are offered; the last one stays. */
export function toggleColumn(columns: readonly ColumnId[], id: ColumnId): ColumnId[] {
  if (!columns.includes(id)) return [...columns, id];
  return columns.length > 1 ? columns.filter((each) => each !== id) : [...columns];
}

/** Of some columns: how wide a reader made them. */
export type Weights = Readonly<Partial<Record<ColumnId, number>>>;

/** Narrower than this, nothing can be read. */
const leastWeight = 3.5;
const mostWeight = 60;

export function readWeights(saved: unknown): Weights {
  if (typeof saved !== 'object' || saved === null) return {};
  const entries = Object.entries(saved).filter(
    ([id, weight]) =>
      Object.hasOwn(kinds, id) && typeof weight === 'number' && weight >= leastWeight && weight <= mostWeight,
  );
  return Object.fromEntries(entries);
}

export const weightOf = (id: ColumnId, weights: Weights): number => weights[id] ?? kinds[id].weight;

/** In percent; together they are the whole table. */
export function toWidths(columns: readonly ColumnId[], weights: Weights): number[] {
  const each = columns.map((id) => weightOf(id, weights));
  const sum = each.reduce((total, weight) => total + weight, 0);
  return each.map((weight) => (100 * weight) / sum);
}

/** A column wider by some share of the table (0.1: a tenth of it) at the cost of the one after it; both stay readable. */
export function resizeColumn(columns: readonly ColumnId[], weights: Weights, id: ColumnId, by: number): Weights {
  const at = columns.indexOf(id);
  const next = columns[at + 1] ?? columns[at - 1];
  if (at === -1 || next === undefined) return weights;
  const sum = columns.reduce((total, each) => total + weightOf(each, weights), 0);
  const [own, other] = [weightOf(id, weights), weightOf(next, weights)];
  const change = Math.max(Math.min(leastWeight - own, 0), Math.min(by * sum, other - leastWeight));
  return { ...weights, [id]: own + change, [next]: other - change };
}
